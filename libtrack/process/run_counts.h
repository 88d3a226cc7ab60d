// What processes of one `mqtrack run` say of themselves where they leave no log (RunTally, libtrack/log/layout.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::process {

struct RunCounts {
  std::uint64_t left_no_log = 0;   // ended by themselves within a second
  std::uint64_t not_recorded = 0;  // could not have a log
  std::string last;                // name of the last that left none; empty: not known
  /// Programs that were executed and did not load the recorder: static or set-uid ones, or started without it.
  std::vector<std::string> unrecorded_programs;
  [[nodiscard]] std::uint64_t NotRecorded() const { return not_recorded + unrecorded_programs.size(); }
  /// The first few names of these programs, each once.
  [[nodiscard]] std::vector<std::string> UnrecordedNames() const;
};

/// The file in which the processes of a run count. `mqtrack run` holds one while the command runs; it outlives both, as
/// logs do.
class TallyFile {
 public:
  TallyFile() = default;
  TallyFile(const TallyFile&) = delete;
  TallyFile& operator=(const TallyFile&) = delete;
  ~TallyFile();

  /// Makes it in the directory where the run's logs will be, which is made if need be. Without one, nothing is counted.
  [[nodiscard]] support::Status Create(const std::string& log_dir, std::uint64_t run);
  /// What has been counted so far. A program that was executed a moment ago may still be about to load the recorder: it
  /// is waited for, up to a second, while it is alive.
  [[nodiscard]] RunCounts Settled() const;

 private:
  int fd_ = -1;  // locked, so that nobody takes it for one that is left over
};

/// What the processes of a run have counted; `log_path`: of one of its logs. Nothing: there is no such file.
[[nodiscard]] std::optional<RunCounts> ReadRunCounts(const std::string& log_path, std::uint64_t run);

/// Removes the files of runs that have ended and of which no log is left.
void RemoveLeftTallies(const std::string& log_dir);

}  // namespace mqtrack::process
