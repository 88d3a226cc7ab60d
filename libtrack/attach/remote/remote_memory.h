// Another process's memory, without stopping it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::attach {

/// One line of /proc/PID/maps.
struct Mapping {
  std::uint64_t start = 0, end = 0;
  bool readable = false, writable = false, executable = false;
  std::uint64_t offset = 0;
  std::string path;  // empty: anonymous; "[stack]" and the like as the kernel writes them
  [[nodiscard]] bool Contains(std::uint64_t address) const { return address >= start && address < end; }
};

/// All mappings, in order of address.
[[nodiscard]] support::Result<std::vector<Mapping>> ReadMappings(pid_t pid);

/// Reads and writes by process_vm_readv and process_vm_writev, which need the permission to trace the process.
class RemoteMemory {
 public:
  explicit RemoteMemory(pid_t pid) : pid_(pid) {}
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// True if all of it could be read.
  [[nodiscard]] bool Read(std::uint64_t address, void* into, std::size_t bytes) const;
  /// How many bytes from `address` on could be read, at most `bytes`.
  [[nodiscard]] std::size_t ReadSome(std::uint64_t address, void* into, std::size_t bytes) const;
  [[nodiscard]] bool Write(std::uint64_t address, const void* from, std::size_t bytes) const;
  /// As Write, also where the process itself may only read and execute.
  [[nodiscard]] bool WriteCode(std::uint64_t address, const void* from, std::size_t bytes) const;

 private:
  pid_t pid_;
};

}  // namespace mqtrack::attach
