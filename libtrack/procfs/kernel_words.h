// Words that a process has given to the kernel to get them back later: what only the kernel knows of its pointers.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace mqtrack::procfs {

/// The data of all descriptors that are watched by epoll, and the values of all POSIX timers. Empty where that may not
/// be read. A moment's picture, not of one instant.
[[nodiscard]] std::vector<std::uint64_t> ReadKernelWords(pid_t pid);

}  // namespace mqtrack::procfs
