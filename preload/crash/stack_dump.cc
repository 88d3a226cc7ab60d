#include "preload/crash/stack_dump.h"

#include <dlfcn.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <boost/stacktrace/safe_dump_to.hpp>
#include <cstdint>

#include "libtrack/log/layout.h"
#include "preload/crash/fault_place.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::crash {
namespace {

using CrashFunction = int (*)(const log::CrashRecord*, const std::uint64_t*, std::uint32_t);
CrashFunction record_crash = nullptr;

constexpr std::uint32_t kMostFrames = log::kMaxFrames + 8;  // our own handler's are left out

/// Of services that live on after their faults, as those with garbage collectors do, so many are looked at.
constexpr std::uint32_t kMostHandled = 256;
std::uint32_t handled_signals = 0;

/// Where AbandonDump goes; null: no stack is being read on this thread.
thread_local constinit void** abandon_to __attribute__((tls_model("initial-exec"))) = nullptr;

/// The frames from the place of the fault on; its own address is made to look like a return address, as all others are.
std::uint32_t FramesFrom(std::uint64_t place, const void* const* dumped, std::uint64_t* frames) {
  std::uint32_t count = 0;
  std::uint32_t at = 0;
  while (at < kMostFrames && dumped[at] != nullptr && reinterpret_cast<std::uintptr_t>(dumped[at]) != place) ++at;
  frames[count++] = place + 1;
  if (at == kMostFrames || dumped[at] == nullptr) return count;
  for (++at; at < kMostFrames && dumped[at] != nullptr; ++at)
    frames[count++] = reinterpret_cast<std::uintptr_t>(dumped[at]);
  return count;
}

/// False if there was a fault in it. Not inlined: what is on the stack here is void after a jump back.
[[gnu::noinline]] bool Dump(const void* context, const log::CrashRecord& crash) {
  void* jump[5];
  if (__builtin_setjmp(jump) != 0) return false;
  abandon_to = jump;
  const void* dumped[kMostFrames + 1] = {};
  std::uint64_t frames[kMostFrames];
  (void)boost::stacktrace::safe_dump_to(dumped, kMostFrames * sizeof(void*));
  const FaultPlace place = PlaceOfFault(context);
  std::uint32_t count = FramesFrom(place.address, dumped, frames);
  // A call of what is no code: who called is known by the return address.
  if (count == 1 && place.caller != 0) frames[count++] = place.caller;
  (void)record_crash(&crash, frames, count);
  return true;
}

}  // namespace

void PrepareDump() {
  record_crash = reinterpret_cast<CrashFunction>(::dlsym(RTLD_DEFAULT, "mqtrack_v1_crash"));
  const void* frames[4];
  (void)boost::stacktrace::safe_dump_to(frames, sizeof frames);
}

bool IsFaultOfDump() { return abandon_to != nullptr; }

void AbandonDump() {
  void** jump = abandon_to;
  abandon_to = nullptr;
  __builtin_longjmp(jump, 1);
}

void RecordSignal(int signal, const siginfo_t* info, const void* context, bool handled) {
  if (record_crash == nullptr || IsFaultOfDump()) return;
  if (handled && __atomic_add_fetch(&handled_signals, 1, __ATOMIC_RELAXED) > kMostHandled) return;
  log::CrashRecord crash{};
  crash.signal = static_cast<std::uint32_t>(signal);
  crash.code = info->si_code;
  crash.address =
      info->si_code > 0 ? reinterpret_cast<std::uintptr_t>(info->si_addr) : static_cast<std::uint64_t>(info->si_pid);
  crash.pid = static_cast<std::uint32_t>(::getpid());
  crash.tid = static_cast<std::uint32_t>(recorder::KernelCall(SYS_gettid));
  crash.flags = handled ? log::kCrashHandled : 0u;
  // A fault while the stack is read must reach us, or the kernel ends the process at once and by another signal.
  sigset_t faults, before;
  ::sigemptyset(&faults);
  ::sigaddset(&faults, SIGSEGV);
  ::sigaddset(&faults, SIGBUS);
  ::pthread_sigmask(SIG_UNBLOCK, &faults, &before);
  const bool whole = Dump(context, crash);
  abandon_to = nullptr;
  if (!whole) {
    const std::uint64_t frame = PlaceOfFault(context).address + 1;
    crash.flags |= log::kCrashNoStack;
    (void)record_crash(&crash, &frame, 1);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace mqtrack::crash
