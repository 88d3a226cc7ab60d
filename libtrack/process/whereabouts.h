// Where a recorded process is. Its log tells the pid that it had where the log was made, and that may be a container.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "libtrack/log/reader.h"

namespace mqtrack::process {

struct Whereabouts {
  enum class Life { kRuns, kGone, kUnknown };
  Life life = Life::kGone;
  std::int64_t pid = 0;  // by which our /proc knows it; 0 if it does not
};

/// The inode of this process's pid namespace, which tells it from all others of this machine; 0 if /proc does not tell.
[[nodiscard]] std::uint64_t OwnPidNamespace();

/// Looks for processes; a moment's picture, as it looks at /proc but once for all that live in containers. Not
/// thread-safe.
class Locator {
 public:
  Locator();
  [[nodiscard]] Whereabouts Locate(const log::LogFacts& facts);

 private:
  struct Contained {
    std::int64_t pid = 0;                  // in our /proc
    std::vector<std::int64_t> inner_pids;  // in the namespaces below its own, the innermost last
  };
  [[nodiscard]] static std::vector<Contained> ListContained();
  /// The pids of the log are those of our /proc.
  [[nodiscard]] bool IsOfOurPids(const log::LogFacts& facts) const;

  std::uint64_t own_namespace_;
  bool own_proc_;  // /proc is of our own namespace
  std::optional<std::vector<Contained>> contained_;
};

}  // namespace mqtrack::process
