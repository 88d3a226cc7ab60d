// The memory of a stopped thread's stack, copied out of its process.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace mqtrack::threads {

/// Deep recursion fits in; of a larger stack the innermost frames are there, and callers are missing.
inline constexpr std::size_t kMostStackBytes = 512 * 1024;

/// Copies from the stack pointer `from` up to where `into` is full, the stack ends or its mapping does; at most
/// kMostStackBytes. How many bytes it was. `tid` is the thread's own: a process whose main thread has ended has no
/// memory by its pid.
[[nodiscard]] std::size_t CopyStack(pid_t tid, std::uint64_t from, std::span<std::byte> into);

}  // namespace mqtrack::threads
