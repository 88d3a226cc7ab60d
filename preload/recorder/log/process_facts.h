// Facts about this process for the log's header, by plain system calls: usable before libc is fully up and in a child
// of fork.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mqtrack::recorder {

/// A number of /proc/self/stat, by its field as proc(5) counts them. 0 if it cannot be read.
[[nodiscard]] std::uint64_t StatField(int field);
/// When this process started, in clock ticks since boot.
[[nodiscard]] inline std::uint64_t StartTicks() { return StatField(22); }
/// The inode of the pid namespace of this process, which tells it from others of this machine. 0 if it cannot be read.
[[nodiscard]] std::uint64_t PidNamespace();
/// True if this process was started under a system call filter (seccomp) that the rest of its container does not have.
[[nodiscard]] bool HasFilterOfItsOwn();
/// Calls `visit` with each line of a file, terminated, and `data`; lines are cut after 127 bytes.
void VisitLines(const char* path, void (*visit)(const char* line, void* data), void* data);
/// Reads at most `capacity` bytes of a file into `buffer`; returns how many. 0 on any error.
[[nodiscard]] std::size_t ReadSmallFile(const char* path, char* buffer, std::size_t capacity);
/// Path of the executable; empty if /proc is not there.
void ReadExecutablePath(char* buffer, std::size_t capacity);
/// CLOCK_REALTIME in nanoseconds.
[[nodiscard]] std::uint64_t NowUnixNanos();
/// Decimal digits of `value` with a terminator; returns their number. `buffer` holds at least 21 bytes.
std::size_t FormatDecimal(std::uint64_t value, char* buffer);

/// The decimal number at the beginning of `text`; 0 if there is none.
[[nodiscard]] std::uint64_t ParseDecimal(const char* text);
/// The lower-case hexadecimal number at `text`, which moves behind it.
std::uintptr_t ParseHex(const char*& text);

/// The file name of this process's log; `name` holds at least 80 bytes.
void FormatLogName(std::uint64_t pid, char* name);

/// A part of a file in this process's memory; shared memory without a file has a name like one.
struct MappedFile {
  std::uintptr_t start, end;
  const char* path;  // absolute, as the kernel writes it; for the time of the visit
};
/// Calls `visit` with each line of /proc/self/maps that has a path.
void VisitMappedFiles(void (*visit)(const MappedFile& file));
/// Finds the file mapped at `address` in /proc/self/maps and copies its absolute path. False if there is none.
[[nodiscard]] bool FindMappedPath(std::uintptr_t address, char* path, std::size_t capacity);

}  // namespace mqtrack::recorder
