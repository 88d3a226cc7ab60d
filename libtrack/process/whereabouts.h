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
  [[nodiscard]] Whereabouts Locate(const log::LogFacts& facts);

 private:
  struct Contained {
    std::int64_t pid = 0;                  // here
    std::vector<std::int64_t> inner_pids;  // in the namespaces below ours, the innermost last
    std::uint64_t start_ticks = 0;
  };
  [[nodiscard]] static std::vector<Contained> ListContained();

  std::uint64_t own_namespace_ = OwnPidNamespace();
  std::optional<std::vector<Contained>> contained_;
};

}  // namespace mqtrack::process
