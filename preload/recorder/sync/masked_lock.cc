// The three states are those of Ulrich Drepper's "Futexes are tricky" (2011), section 6.
#include "preload/recorder/sync/masked_lock.h"

#include <csignal>
#include <ctime>

#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/futex.h"

namespace mqtrack::recorder {
namespace {

/// Long enough for a holder that lost its processor on a machine that has far too much to do.
constexpr std::int64_t kLongestWaitNanos = 3'000'000'000;
constexpr std::uint64_t kAllSignals = ~std::uint64_t{0};

std::int64_t MonotonicNanos() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// By the kernel's call: the C library's leaves out the signals that it uses itself, such as that of a cancellation.
void SetMask(int how, const std::uint64_t& mask, std::uint64_t* before) {
  KernelCall(SYS_rt_sigprocmask, how, Argument(&mask), Argument(before), sizeof mask);
}

}  // namespace

bool MaskedLock::Lock(std::uint64_t& mask) {
  SetMask(SIG_BLOCK, kAllSignals, &mask);
  if (Swap(word_, 0u, 1u) || Wait()) {
    if (LoadRelaxed(stuck_) != 0) StoreRelaxed(stuck_, 0u);
    return true;
  }
  SetMask(SIG_SETMASK, mask, nullptr);
  return false;
}

bool MaskedLock::Wait() {
  if (LoadRelaxed(stuck_) != 0) return false;
  const ErrnoKeeper keep_errno;
  const std::int64_t deadline = MonotonicNanos() + kLongestWaitNanos;
  while (__atomic_exchange_n(&word_, 2u, __ATOMIC_ACQUIRE) != 0) {
    const std::int64_t left = deadline - MonotonicNanos();
    if (left <= 0) {
      StoreRelaxed(stuck_, 1u);
      return false;
    }
    FutexWait(word_, 2, left);
  }
  return true;
}

void MaskedLock::Unlock(std::uint64_t mask) {
  const ErrnoKeeper keep_errno;
  if (__atomic_exchange_n(&word_, 0u, __ATOMIC_RELEASE) == 2) FutexWake(word_);
  SetMask(SIG_SETMASK, mask, nullptr);
}

bool MaskedLock::ResetAfterFork() {
  const bool was_held = word_ != 0;
  word_ = stuck_ = 0;
  return was_held;
}

}  // namespace mqtrack::recorder
