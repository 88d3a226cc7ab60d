// Whether the kernel has ended a process because memory ran out, as far as that can be told from outside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mqtrack::procfs {

/// How often the kernel has killed something in a control group for want of memory.
struct OomCount {
  std::string group;  // which one; of a process that has ended it is known with control groups of version 2 only
  std::uint64_t kills = 0;
};

/// Of the group that the process is in, of either version of control groups; nothing if that cannot be read. `proc` and
/// `cgroups`: where those file systems are.
[[nodiscard]] std::optional<OomCount> ReadOomCount(std::int64_t pid, const std::string& proc = "/proc",
                                                   const std::string& cgroups = "/sys/fs/cgroup");

/// Whether the kernel's log says that it killed this process for want of memory, `since_boot_us` or later; nothing if
/// the log may not be read, or no longer goes back so far.
[[nodiscard]] std::optional<bool> KernelLogTellsOfOom(std::int64_t pid, std::int64_t since_boot_us,
                                                      const std::string& log = "/dev/kmsg");

/// Whether one record of that log ("4,3905,25180752469,-;Memory cgroup out of memory: Killed process 12 (x) …") is
/// about this process, and not older. `time_us` gets its time; -1: it is no record.
[[nodiscard]] bool IsOomRecord(std::string_view record, std::int64_t pid, std::int64_t since_boot_us,
                               std::int64_t& time_us);

}  // namespace mqtrack::procfs
