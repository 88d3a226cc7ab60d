// What a process uses of the machine, and its limits: /proc/PID/stat, fd and limits. The process is not stopped.
#pragma once

#include <cstdint>
#include <optional>

namespace mqtrack::procfs {

struct ProcessUsage {
  double cpu_seconds = 0;                    // user and system time of all its threads, also of those that have ended
  double started_unix_seconds = 0;           // in steps of the kernel's clock tick, 10 ms
  std::uint64_t virtual_bytes = 0;           // address space
  std::uint64_t resident_bytes = 0;          // with what is shared
  std::uint64_t threads = 0;                 // as the kernel counts them
  std::optional<std::uint64_t> descriptors;  // nothing: /proc/PID/fd may not be read
  std::optional<std::uint64_t> max_descriptors;    // RLIMIT_NOFILE, soft; nothing: not known, or unlimited
  std::optional<std::uint64_t> max_virtual_bytes;  // RLIMIT_AS, soft; likewise
};

/// Nothing if there is no such process. A moment's picture.
[[nodiscard]] std::optional<ProcessUsage> ReadProcessUsage(std::int64_t pid);

}  // namespace mqtrack::procfs
