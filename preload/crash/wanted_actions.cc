#include "preload/crash/wanted_actions.h"

#include <sys/syscall.h>

#include <cstdint>

#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::crash {
namespace {

struct Wanted {
  std::uint32_t version = 0;  // odd while it is being written
  std::uint32_t taken = 0;
  std::uint32_t stays = 0;
  struct sigaction action {};
};
Wanted wanted[NSIG];
std::uint32_t writing = 0;

bool IsSignal(int signal) { return signal > 0 && signal < NSIG; }

}  // namespace

struct sigaction WantedAction(int signal) {
  struct sigaction copy {};
  if (!IsSignal(signal)) return copy;
  const Wanted& entry = wanted[signal];
  // A writer that was killed in between, by a fork, is not waited for.
  for (int tries = 0; tries < 1000; ++tries) {
    const std::uint32_t before = __atomic_load_n(&entry.version, __ATOMIC_ACQUIRE);
    copy = entry.action;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (before % 2 == 0 && before == __atomic_load_n(&entry.version, __ATOMIC_RELAXED)) break;
  }
  return copy;
}

void WriteWantedAction(int signal, const struct sigaction& action) {
  Wanted& entry = wanted[signal];
  __atomic_add_fetch(&entry.version, 1, __ATOMIC_ACQ_REL);
  entry.action = action;
  __atomic_add_fetch(&entry.version, 1, __ATOMIC_RELEASE);
}

bool StaysOnStack(int signal) {
  return IsSignal(signal) && __atomic_load_n(&wanted[signal].stays, __ATOMIC_ACQUIRE) != 0;
}
void SetStaysOnStack(int signal, bool stays) {
  __atomic_store_n(&wanted[signal].stays, stays ? 1u : 0u, __ATOMIC_RELEASE);
}

bool IsTaken(int signal) { return IsSignal(signal) && __atomic_load_n(&wanted[signal].taken, __ATOMIC_ACQUIRE) != 0; }
void SetTaken(int signal, bool taken) { __atomic_store_n(&wanted[signal].taken, taken ? 1u : 0u, __ATOMIC_RELEASE); }

Writing::Writing() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  for (int tries = 0; tries < 100'000 && __atomic_exchange_n(&writing, 1u, __ATOMIC_ACQUIRE) != 0; ++tries)
    (void)recorder::KernelCall(SYS_sched_yield);
}
Writing::~Writing() {
  __atomic_store_n(&writing, 0u, __ATOMIC_RELEASE);
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace mqtrack::crash
