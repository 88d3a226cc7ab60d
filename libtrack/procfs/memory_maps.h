// /proc/PID/maps and smaps.
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
  bool readable = false, writable = false, executable = false, shared = false;
  std::string path;  // "/usr/lib/x.so", "[vdso]", or empty; may end in " (deleted)"
  // Of ReadMemoryUse only:
  std::uint64_t resident_bytes = 0;  // in memory or swapped out
  std::uint64_t own_bytes = 0;       // of these, what stands in no file: written to in private
  bool is_left_out_of_copies = false, is_wiped_in_copies = false;  // MADV_DONTFORK, MADV_WIPEONFORK
  bool is_device = false;                                          // pages that a driver manages
  bool is_filled_by_process = false;  // userfaultfd: a page that is not there may never come
};

/// Sorted by address; also of a process whose main thread has ended, while another lives. An error if the process is
/// gone or may not be looked at.
[[nodiscard]] support::Result<std::vector<MemoryMapping>> ReadMemoryMaps(pid_t pid);

/// The same, and what of each mapping is in memory: the kernel walks all of the process's pages, some milliseconds a
/// GiB.
[[nodiscard]] support::Result<std::vector<MemoryMapping>> ReadMemoryUse(pid_t pid);

/// True for what the kernel or a device shows of itself ("[vdso]", "/dev/dri/card0"), and false for memory that is
/// shared by a name in /dev.
[[nodiscard]] bool IsShownByDevice(const MemoryMapping& mapping);
/// True if what is mapped is memory under another name (memfd, shared memory) rather than a file on a disk, as far as
/// its path tells.
[[nodiscard]] bool IsMemoryFile(const MemoryMapping& mapping);

/// The mapping that holds `address`, or null.
[[nodiscard]] const MemoryMapping* FindMapping(const std::vector<MemoryMapping>& maps, std::uint64_t address);

}  // namespace mqtrack::procfs
