// /proc/PID/maps.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::procfs {

/// One line of /proc/PID/maps.
struct MemoryMapping {
  std::uint64_t start = 0, end = 0, offset = 0;
  std::uint64_t inode = 0;
  bool readable = false, writable = false, executable = false;
  std::string path;  // "/usr/lib/x.so", "[vdso]", or empty; may end in " (deleted)"
};

/// Sorted by address. An error if the process is gone or may not be looked at.
[[nodiscard]] support::Result<std::vector<MemoryMapping>> ReadMemoryMaps(pid_t pid);

/// The mapping that holds `address`, or null.
[[nodiscard]] const MemoryMapping* FindMapping(const std::vector<MemoryMapping>& maps, std::uint64_t address);

}  // namespace mqtrack::procfs
