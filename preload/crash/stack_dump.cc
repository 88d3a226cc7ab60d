#include "preload/crash/stack_dump.h"

#include <dlfcn.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <boost/stacktrace/safe_dump_to.hpp>
#include <cstdint>

#include "libtrack/log/layout.h"
#include "preload/crash/alternate_stacks.h"
#include "preload/crash/fault_place.h"
#include "preload/crash/filter_hooks.h"
#include "preload/crash/handler_frame.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::crash {
namespace {

using CrashFunction = int (*)(const log::CrashRecord*, const std::uint64_t*, std::uint32_t);
CrashFunction record_crash = nullptr;

constexpr std::uint32_t kMostFrames = log::kMaxFrames + 12;  // our own handler's are left out

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
  const std::uint64_t place = AddressOfFault(context);
  std::uint32_t count = FramesFrom(place, dumped, frames);
  // A call of what is no code: who called is known by the return address.
  if (count == 1 && place == 0) frames[count++] = CallerOfFault(context);
  (void)record_crash(&crash, frames, count);
  abandon_to = nullptr;
  return true;
}

/// Where stacks are read if the handler runs on a stack of the service's, which may be as small as such stacks can be.
/// By one thread at a time. `faults`: for the handler of a fault in it, since the kernel takes the service's alternate
/// stack for free while we are not on it.
struct Room {
  alignas(64) unsigned char faults[32 * 1024];
  alignas(64) unsigned char dump[64 * 1024];
};
Room room;
std::uint32_t room_taken = 0;

bool TakeRoom() {
  for (int tries = 0; tries < 10'000; ++tries) {
    if (__atomic_exchange_n(&room_taken, 1u, __ATOMIC_ACQUIRE) == 0) return true;
    (void)recorder::KernelCall(SYS_sched_yield);
  }
  return false;
}
void LeaveRoom() { __atomic_store_n(&room_taken, 0u, __ATOMIC_RELEASE); }

struct Task {
  const void* context;
  const log::CrashRecord* crash;
  bool whole;
};

void DumpInRoom(void* argument) {
  auto* task = static_cast<Task*>(argument);
  const stack_t ours{room.faults, 0, sizeof room.faults};
  stack_t before{};
  const bool set = !IsSandboxed() &&
                   recorder::KernelCall(SYS_sigaltstack, recorder::Argument(&ours), recorder::Argument(&before)) == 0;
  task->whole = Dump(task->context, *task->crash);
  if (set) (void)recorder::KernelCall(SYS_sigaltstack, recorder::Argument(&before));
}

/// False if the stack could not be read.
bool DumpSomewhere(const void* context, const log::CrashRecord& crash) {
  if (EndOfOurStack(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0))) != nullptr)
    return Dump(context, crash);
  // We may not give the thread a stack for a fault in it: that would be handled on the service's, from its start on,
  // and the frames that we have left there would be gone.
  if (IsSandboxed() && static_cast<const ucontext_t*>(context)->uc_stack.ss_size != 0) return false;
  if (!TakeRoom()) return false;
  Task task{context, &crash, false};
  CallOnStack(room.dump + sizeof room.dump, DumpInRoom, &task);
  LeaveRoom();
  return task.whole;
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
  // A fault while the stack is read must reach us, or the kernel ends the process at once and by another signal. All
  // else waits: other handlers of the service have no business on the stack that is used here.
  sigset_t others, before;
  ::sigfillset(&others);
  ::sigdelset(&others, SIGSEGV);
  ::sigdelset(&others, SIGBUS);
  ::pthread_sigmask(SIG_SETMASK, &others, &before);
  const bool whole = DumpSomewhere(context, crash);
  if (!whole) {
    const std::uint64_t frame = AddressOfFault(context) + 1;
    crash.flags |= log::kCrashNoStack;
    (void)record_crash(&crash, &frame, 1);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void ForgetOtherDumps() { LeaveRoom(); }

}  // namespace mqtrack::crash
