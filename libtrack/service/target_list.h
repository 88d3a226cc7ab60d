// The recorded processes that are served, under names that stay theirs.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/process/discovery.h"

namespace mqtrack::service {

struct Target {
  std::string name;  // in paths and labels: the process's own, or that with its pid
  process::RecordedProcess process;
  [[nodiscard]] bool IsUp() const { return process::StateOf(process) == process::ProcessState::kAlive; }
};

/// Thread-safe. Looks at the logs at most once a second.
class TargetList {
 public:
  /// `wanted`: pids or names; empty: all. `log_dir` as of process::ListRecorded.
  TargetList(std::vector<std::string> wanted, std::string log_dir);

  /// Those that run first. A name belongs to the process that had it first, for as long as that runs: the next one of
  /// its name gets its pid behind it, and so does whatever has ended.
  [[nodiscard]] std::vector<Target> List();
  /// By its name here, or its pid.
  [[nodiscard]] std::optional<Target> Find(const std::string& name_or_pid);
  /// The only one that runs, or else the only one there is.
  [[nodiscard]] std::optional<Target> Single();
  /// Wanted names and pids that no running process bears; what ran before goes by the name that it had then.
  [[nodiscard]] std::vector<std::string> Missing();
  /// What kept the logs from being listed; empty: nothing.
  [[nodiscard]] std::string Problem();

 private:
  void Refresh();
  [[nodiscard]] bool IsWanted(const process::RecordedProcess& process) const;
  [[nodiscard]] std::string NameFor(const process::RecordedProcess& process, bool is_up);

  std::vector<std::string> wanted_;
  std::string log_dir_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point looked_at_{};
  bool has_looked_ = false;
  std::vector<Target> targets_;
  std::map<std::string, std::string> names_;     // by log, of those that run
  std::map<std::string, std::string> shown_as_;  // by what was wanted, the name of what ran last
  std::string problem_;
};

}  // namespace mqtrack::service
