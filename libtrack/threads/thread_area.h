// What the C library keeps for each thread at its thread pointer: the thread's own description, and beside it the
// thread-local variables of what was loaded at the start. In thread_area_x86_64.cc and its like.
#pragma once

#include <cstdint>
#include <span>

namespace mqtrack::threads {

/// Where, of the memory of a stack from `start` on (as words), the description of a thread lies, be that alive or not;
/// 0 if there is none. That of a thread which has ended stays until its stack is used again.
[[nodiscard]] std::uint64_t FindThreadArea(std::uint64_t start, std::span<const std::uint64_t> words);

struct ThreadAreaBounds {
  std::uint64_t start = 0, end = 0;
};
/// The description and the thread-local variables of a thread, of which there are at most `variable_bytes`.
[[nodiscard]] ThreadAreaBounds ThreadAreaAt(std::uint64_t thread_pointer, std::uint64_t variable_bytes);

/// Below the stack pointer a function may keep this many bytes all the same.
[[nodiscard]] std::uint64_t BytesBelowStackPointer();

}  // namespace mqtrack::threads
