// Waiting for a word of memory to change, by plain system calls.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <ctime>

#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::recorder {

/// Returns when `word` is no longer `value`, was woken, or `nanos` have passed. A signal handler that comes between
/// does not end the wait. errno may change.
inline void FutexWait(std::uint32_t& word, std::uint32_t value, std::int64_t nanos) {
  timespec deadline{};
  ::clock_gettime(CLOCK_MONOTONIC, &deadline);
  const std::int64_t end = deadline.tv_nsec + nanos;
  deadline = {deadline.tv_sec + end / 1'000'000'000, end % 1'000'000'000};
  const auto wait = [&] {
    return KernelCall(SYS_futex, Argument(&word), FUTEX_WAIT_BITSET, value, Argument(&deadline), 0,
                      static_cast<long>(FUTEX_BITSET_MATCH_ANY));
  };
  while (wait() != 0 && errno == EINTR) {
  }
}
/// Wakes all that wait for `word`, in every process that shares it.
inline void FutexWake(std::uint32_t& word) { KernelCall(SYS_futex, Argument(&word), FUTEX_WAKE, INT_MAX); }

}  // namespace mqtrack::recorder
