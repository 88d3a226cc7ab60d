// How a process ended, from who waited for it into its log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "libtrack/log/layout.h"
#include "libtrack/procfs/oom_kills.h"
#include "libtrack/support/result.h"

namespace mqtrack::process {

/// Watches a child of ours from its start to its end.
class EndWatch {
 public:
  /// The child runs now.
  void Begin(std::int64_t pid);
  /// The child has ended and was not waited for yet.
  [[nodiscard]] log::EndRecord End(std::int64_t pid) const;

 private:
  [[nodiscard]] log::OutOfMemory AskForMemory(std::int64_t pid) const;

  std::int64_t begun_us_ = 0;  // since the machine started
  std::optional<procfs::OomCount> count_;
};

/// Writes `end` into the log at `path`.
[[nodiscard]] support::Status NoteEnd(const std::string& path, const log::EndRecord& end);

/// "SIGSEGV"; "signal 40" of one without a name.
[[nodiscard]] std::string SignalName(std::uint32_t signal);

}  // namespace mqtrack::process
