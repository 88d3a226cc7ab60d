// Adding to words that other threads add to as well.
//
// A locked addition costs about twenty cycles and orders all memory accesses around it; an allocation needs several. As
// long as the process has one thread, which is how brokers run, an addition to memory in one instruction is enough: a
// signal handler comes before it or after it, and readers in other processes see it as a whole. glibc says whether
// there is one thread, and relies on it in its own allocator in the same way.
#pragma once

#include <sys/single_threaded.h>

#include <cstdint>

#include "preload/recorder/cpu/cpu.h"
#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::recorder {

/// True if no other thread exists that could run code of this process.
[[nodiscard]] inline bool IsOnlyThread() { return __libc_single_threaded != 0; }

#if defined(__SANITIZE_THREAD__)
inline constexpr bool kMayStepPlainly = false;  // which the sanitizer would take for a race
#else
inline constexpr bool kMayStepPlainly = cpu::kHasPlainSteps;
#endif

/// field += value, acquire and release.
inline void AddShared(std::uint64_t& field, std::uint64_t value) {
  if (kMayStepPlainly && IsOnlyThread()) return cpu::PlainAdd(field, value);
  AddAcqRel(field, value);
}

/// If field is `expected`, makes it `desired`.
[[nodiscard]] inline bool SwapShared(std::uint64_t& field, std::uint64_t expected, std::uint64_t desired) {
  if (kMayStepPlainly && IsOnlyThread()) return cpu::PlainSwap(field, expected, desired);
  return Swap(field, expected, desired);
}

}  // namespace mqtrack::recorder
