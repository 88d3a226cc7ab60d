// What /proc tells about one process.
#pragma once

#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace mqtrack::procfs {

/// Facts of /proc/PID/stat and its owner. A moment's picture: the process may end any time.
struct ProcStatus {
  std::string comm;
  char state = '?';               // R, S, D, T, Z, X …
  std::int64_t parent_pid = 0;    // field 4
  std::uint64_t start_ticks = 0;  // field 22: with the pid it identifies a process for as long as the machine is up
  std::uint32_t uid = 0;          // owner of /proc/PID: the effective uid
  std::uint64_t resident_bytes = 0;
};

/// Nothing if there is no such process. A zombie is still one.
[[nodiscard]] std::optional<ProcStatus> ReadProcStatus(std::int64_t pid);

/// The folder in /proc that shows what the threads of a process share: its memory, program and open files. Where the
/// main thread has ended, and the kernel shows nothing there, that of another thread.
[[nodiscard]] std::string SharedFolder(std::int64_t pid);

struct MemorySize {
  std::uint64_t virtual_bytes = 0, resident_bytes = 0;
};

/// What a process has, also one whose main thread has ended; 0 if it is gone.
[[nodiscard]] MemorySize ReadMemorySize(std::int64_t pid);

/// Whether the process that was started at `start_ticks` still runs: not ended, not a zombie, not another one with its
/// pid.
[[nodiscard]] bool IsAlive(std::int64_t pid, std::uint64_t start_ticks);

/// True if the process was started by `ancestor`, or by one that it started, as far as all between still run: who loses
/// its parent gets another.
[[nodiscard]] bool IsDescendant(std::int64_t pid, std::int64_t ancestor);

/// True if the process gave up the rights of another user, or has capabilities: the kernel then lets nobody but root
/// look into it, not even its own user.
[[nodiscard]] bool HasDroppedPrivileges(std::int64_t pid);

/// Whether a process was started with `entry` ("KEY=value") in its environment. False if that cannot be read: somebody
/// else's process, or one that has ended.
[[nodiscard]] bool HasInEnvironment(std::int64_t pid, const std::string& entry);

/// The words of a process's command line; none if it is gone.
[[nodiscard]] std::vector<std::string> CommandOf(std::int64_t pid);

/// What stands behind `key` on the line of a file in /proc that begins with it ("Uid:" in /proc/PID/status); nothing if
/// there is no such line.
[[nodiscard]] std::istringstream ReadProcLine(const std::string& path, const std::string& key);

}  // namespace mqtrack::procfs
