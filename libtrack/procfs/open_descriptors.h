// The descriptors that a process has open, as /proc shows them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mqtrack::procfs {

/// Where the descriptors lead, by number: a path, or the kernel's name such as "socket:[12345]".
using OpenDescriptors = std::map<std::uint64_t, std::string>;

/// Nothing if the process is gone, or belongs to somebody else. A moment's picture, not of one instant.
[[nodiscard]] std::optional<OpenDescriptors> ListOpenDescriptors(std::int64_t pid);

/// The kinds of descriptors (tcp, udp, unix, pipe, eventfd, epoll, timerfd, file, other) that lead to `targets`, one
/// for each. Sockets are looked up in the process's tables of connections.
[[nodiscard]] std::vector<std::string> KindsOfDescriptors(std::int64_t pid, const std::vector<std::string>& targets);

}  // namespace mqtrack::procfs
