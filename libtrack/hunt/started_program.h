// A program that runs under the recorder for as long as a hunt, be it a broker or a client.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/log/reader.h"
#include "libtrack/process/discovery.h"
#include "libtrack/process/group_guard.h"
#include "libtrack/support/result.h"

namespace mqtrack::hunt {

/// Of one thread at a time. The destructor ends the program and what it started, and removes its log and its folder.
class StartedProgram {
 public:
  StartedProgram() = default;
  ~StartedProgram();
  StartedProgram(const StartedProgram&) = delete;
  StartedProgram& operator=(const StartedProgram&) = delete;

  /// Makes folder(), for files of the program and for what it says. Before Start.
  [[nodiscard]] support::Status MakeFolder();
  /// `who` stands in errors: "hunt --client". Unless `stays`, the program ends when this process is killed,
  /// and its folder goes.
  [[nodiscard]] support::Status Start(std::vector<std::string> command, const std::string& log_dir,
                                      const std::string& who, bool stays);
  /// Waits until it is recorded, or `is_interrupted`, which may be empty.
  [[nodiscard]] support::Result<process::RecordedProcess> AwaitRecord(std::chrono::seconds most,
                                                                      const std::function<bool()>& is_interrupted);

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] bool is_started() const { return pid_ != 0; }
  /// How it ended, for a sentence: "was ended by signal 11"; empty while it runs.
  [[nodiscard]] std::string WhyEnded();
  /// The last line that it said.
  [[nodiscard]] std::string LastWords() const;
  /// Leaves it, its log and its folder when this object goes.
  void Keep() { keep_ = true; }

 private:
  void End();

  std::string folder_, log_dir_, log_path_, ended_;
  std::optional<process::GroupGuard> guard_;
  pid_t pid_ = 0;  // 0: none is started
  bool keep_ = false;
};

/// The log of a process of which each block is recorded; of one that is recorded in samples, an error.
[[nodiscard]] support::Result<log::LogReader> OpenExactLog(const process::RecordedProcess& process);

}  // namespace mqtrack::hunt
