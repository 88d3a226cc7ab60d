// How much more memory a process may take before the kernel ends somebody: the limits of its control groups (a systemd
// unit's MemoryMax= is one, and a container's), and what the machine has available.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mqtrack::procfs {

struct MemoryRoom {
  std::uint64_t bytes = 0;
  std::string limit;  // whose room that is: "cgroup /system.slice/mosquitto.service", or "the machine"
};

/// The least room of all. Control groups of version 2 only; nothing if not even the machine's memory is known. `proc`
/// and `cgroups`: where those file systems are.
[[nodiscard]] std::optional<MemoryRoom> ReadMemoryRoom(std::int64_t pid, const std::string& proc = "/proc",
                                                       const std::string& cgroups = "/sys/fs/cgroup");

}  // namespace mqtrack::procfs
