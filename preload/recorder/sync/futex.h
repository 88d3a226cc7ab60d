// Waiting for a word of memory to change, by plain system calls.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>

#include <climits>
#include <cstdint>
#include <ctime>

#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::recorder {

/// Returns when `word` is no longer `value`, was woken, or `nanos` have passed. errno may change.
inline void FutexWait(std::uint32_t& word, std::uint32_t value, long nanos) {
  const timespec timeout{nanos / 1'000'000'000, nanos % 1'000'000'000};
  KernelCall(SYS_futex, Argument(&word), FUTEX_WAIT, value, Argument(&timeout));
}
/// Wakes all that wait for `word`, in every process that shares it.
inline void FutexWake(std::uint32_t& word) { KernelCall(SYS_futex, Argument(&word), FUTEX_WAKE, INT_MAX); }

}  // namespace mqtrack::recorder
