// Adding to words that other threads add to as well.
//
// A locked addition costs about twenty cycles and orders all memory accesses around it; an allocation needs several. As
// long as the process has one thread, which is how brokers run, an addition to memory in one instruction is enough: a
// signal handler comes before it or after it, and readers in other processes see it as a whole. glibc says whether
// there is one thread, and relies on it in its own allocator in the same way.
#pragma once

#include <sys/single_threaded.h>

#include <cstdint>

#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::recorder {

/// True if no other thread exists that could run code of this process.
[[nodiscard]] inline bool IsOnlyThread() { return __libc_single_threaded != 0; }

/// field += value, acquire and release.
inline void AddShared(std::uint64_t& field, std::uint64_t value) {
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
  if (IsOnlyThread()) {
    asm volatile("addq %1, %0" : "+m"(field) : "er"(value) : "cc", "memory");
    return;
  }
#endif
  AddAcqRel(field, value);
}

/// If field is `expected`, makes it `desired`.
[[nodiscard]] inline bool SwapShared(std::uint64_t& field, std::uint64_t expected, std::uint64_t desired) {
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
  if (IsOnlyThread()) {
    bool swapped = false;
    asm volatile("cmpxchgq %3, %1" : "=@ccz"(swapped), "+m"(field), "+a"(expected) : "r"(desired) : "memory");
    return swapped;
  }
#endif
  return Swap(field, expected, desired);
}

}  // namespace mqtrack::recorder
