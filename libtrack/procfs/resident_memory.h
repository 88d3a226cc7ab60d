// /proc/PID/smaps: what of a process's memory is resident, and whose it is.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mqtrack::procfs {

struct ResidentMemory {
  std::uint64_t anonymous_bytes = 0;  // what stands in no file: heap, stacks, mappings; without the recorder's
  std::uint64_t recorder_bytes = 0;   // of the recorder's log and its library
  bool log_is_mapped = false;         // else it is a copy, say, and `recorder_bytes` is of the library alone
};

/// Adds up `smaps`. The log is known by its device and inode, whatever the process calls it; the recorder's library by
/// its file's name, and its zeroed data by following it.
[[nodiscard]] ResidentMemory SumResident(std::string_view smaps, std::uint64_t log_device, std::uint64_t log_inode);

/// Nothing if the process is gone or may not be looked at. The kernel walks all of the process's pages: some
/// milliseconds a GiB, in which the process cannot map memory.
[[nodiscard]] std::optional<ResidentMemory> ReadResident(pid_t pid, const std::string& log_path);

/// Bytes of the recorder's library and its data that are resident in a process; 0 if that is not known.
[[nodiscard]] std::uint64_t ReadRecorderLibrary(pid_t pid);

}  // namespace mqtrack::procfs
