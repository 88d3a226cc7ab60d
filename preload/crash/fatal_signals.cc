#include "preload/crash/fatal_signals.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "preload/crash/alternate_stacks.h"
#include "preload/crash/go_runtime.h"
#include "preload/crash/handler_frame.h"
#include "preload/crash/real_function.h"
#include "preload/crash/stack_dump.h"
#include "preload/crash/wanted_actions.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::crash {
namespace {

constinit RealFunction<int(int, const struct sigaction*, struct sigaction*)> real_sigaction("sigaction");
bool taken_over = false;
int owner_pid = 0;

void OnDefault(int signal, siginfo_t* info, void* context);
void OnHandled(int signal, siginfo_t* info, void* context);

bool IsOurs(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && (action.sa_sigaction == OnDefault || action.sa_sigaction == OnHandled);
}

bool HasHandler(const struct sigaction& action) { return action.sa_handler != SIG_IGN && action.sa_handler != SIG_DFL; }

/// Of a signal that is not fatal, nothing is to be told. But where its handler wants an alternate stack, a thread may
/// have one that is ours.
bool MayMeetOurStack(const struct sigaction& action) {
  return HasHandler(action) && (action.sa_flags & SA_ONSTACK) != 0;
}

/// Then its handlers stay on our stack.
bool KnowsOurStack(const struct sigaction& action) {
  return MayMeetOurStack(action) && IsOfGo(reinterpret_cast<const void*>(action.sa_sigaction));
}

/// The C library gives each action a way back from its handler, which sigaction tells: so does ours.
constexpr unsigned kHasRestorer = 0x04000000;  // SA_RESTORER of the kernel
void (*restorer)() = nullptr;

void LearnRestorer() {
  struct sigaction set {};
  if (RealSigaction(SIGSEGV, nullptr, &set) == 0 && (static_cast<unsigned>(set.sa_flags) & kHasRestorer) != 0)
    restorer = set.sa_restorer;
}

struct sigaction AsItIsTold(struct sigaction action) {
  if (restorer == nullptr) return action;
  action.sa_flags = static_cast<int>(static_cast<unsigned>(action.sa_flags) | kHasRestorer);
  action.sa_restorer = restorer;
  return action;
}

/// What the kernel gets where the service wants `action`. A signal that is ignored stays so in what is executed, and
/// one that is handled does not: the kernel has to know.
struct sigaction ForKernel(int signal, const struct sigaction& action) {
  if (action.sa_handler == SIG_IGN) return action;
  if (!IsFatal(signal) && !MayMeetOurStack(action)) return action;
  struct sigaction ours = action;
  if (action.sa_handler == SIG_DFL) {
    ours.sa_sigaction = OnDefault;
    ours.sa_flags = static_cast<int>(SA_SIGINFO | SA_ONSTACK | SA_NODEFER);
    ::sigemptyset(&ours.sa_mask);
    return ours;
  }
  ours.sa_sigaction = OnHandled;
  ours.sa_flags =
      static_cast<int>((static_cast<unsigned>(action.sa_flags) & ~static_cast<unsigned>(SA_RESETHAND)) | SA_SIGINFO);
  return ours;
}

/// The end as it would have come: what faulted faults again, now that nobody handles it, and a signal that was sent is
/// sent again, as it was.
void DieOf(int signal, siginfo_t* info) {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  (void)RealSigaction(signal, &standard, nullptr);
  if (info->si_code > 0 && signal != SIGABRT) return;
  const int error = errno;
  const long pid = ::getpid(), tid = recorder::KernelCall(SYS_gettid);
  if (recorder::KernelCall(SYS_rt_tgsigqueueinfo, pid, tid, signal, recorder::Argument(info)) != 0)
    (void)recorder::KernelCall(SYS_tgkill, pid, tid, signal);
  errno = error;
}

void OnDefault(int signal, siginfo_t* info, void* context) {
  if (IsFaultOfDump()) AbandonDump();
  const int error = errno;
  RecordSignal(signal, info, context, false);
  errno = error;
  DieOf(signal, info);
}

/// What comes next. In registers: a local variable whose address was handed on would keep the handler from being jumped
/// to.
struct Next {
  void (*handler)(int, siginfo_t*, void*);
  enum : std::uint64_t { kHandler, kDefault, kIgnore } kind;
};

/// All that is to be done before the service's handler.
[[gnu::noinline]] Next BeforeHandler(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  if (IsFatal(signal)) {
    if (IsFaultOfDump()) AbandonDump();
    RecordSignal(signal, info, context, true);
  }
  const struct sigaction action = WantedAction(signal);
  if ((static_cast<unsigned>(action.sa_flags) & static_cast<unsigned>(SA_RESETHAND)) != 0) {
    struct sigaction once = action;
    once.sa_handler = SIG_DFL;
    (void)SetWanted(signal, &once, nullptr);
  }
  errno = error;
  if (action.sa_handler == SIG_DFL) return {nullptr, Next::kDefault};
  if (action.sa_handler == SIG_IGN) return {nullptr, Next::kIgnore};
  return {action.sa_sigaction, Next::kHandler};
}

/// The end of the stack that the handler must leave, since the service does not know of it; null: none. A handler that
/// was called by another one stays where that wants it, and one that has interrupted ours cannot leave.
void* StackToLeave(int signal, const void* frame, const void* context) {
  if (StaysOnStack(signal)) return nullptr;
  if (!IsCalledByKernel(frame, context) || EndOfOurStack(InterruptedStack(context)) != nullptr) return nullptr;
  return EndOfOurStack(reinterpret_cast<std::uintptr_t>(context));
}

/// Jumps to the service's handler: no frame of ours stands on its stack. Both kinds of handlers are called alike: what
/// the one has of arguments more is in registers.
void OnHandled(int signal, siginfo_t* info, void* context) {
  const Next next = BeforeHandler(signal, info, context);
  if (next.kind == Next::kDefault) return DieOf(signal, info);
  if (next.kind == Next::kIgnore) return;
  if (void* end = StackToLeave(signal, __builtin_frame_address(0), context); end != nullptr)
    JumpOnInterruptedStack(signal, info, context, end, next.handler);
  return next.handler(signal, info, context);
}

void OnFork() {
  owner_pid = ::getpid();
  ForgetOtherDumps();
}

/// A child of vfork has our memory, which is its parent's, and handlers of its own.
bool IsMemoryOfAnother() { return owner_pid != 0 && ::getpid() != owner_pid; }

}  // namespace

int RealSigaction(int signal, const struct sigaction* action, struct sigaction* before) {
  return real_sigaction(signal, action, before);
}

void TakeOver() {
  owner_pid = ::getpid();
  (void)::pthread_atfork(nullptr, nullptr, OnFork);
  const Writing lock;
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action {};
    if (RealSigaction(signal, nullptr, &action) != 0) continue;
    if (!IsFatal(signal) && !MayMeetOurStack(action)) continue;
    WriteWantedAction(signal, action);
    SetStaysOnStack(signal, KnowsOurStack(action));
    SetTaken(signal, true);
    const struct sigaction ours = ForKernel(signal, action);
    (void)RealSigaction(signal, &ours, nullptr);
  }
  LearnRestorer();
  taken_over = true;
}

bool IsForUs(int signal, const struct sigaction* action) {
  return taken_over && (IsFatal(signal) || IsTaken(signal) || (action != nullptr && MayMeetOurStack(*action)));
}

int SetWanted(int signal, const struct sigaction* action, struct sigaction* before) {
  if (!taken_over) return RealSigaction(signal, action, before);
  struct sigaction asked {};
  if (action != nullptr) asked = *action;
  const bool stays = action != nullptr && KnowsOurStack(asked);
  const Writing lock;
  struct sigaction known = WantedAction(signal);
  if (IsMemoryOfAnother()) {
    struct sigaction real {};
    if (RealSigaction(signal, action, &real) != 0) return -1;
    if (before != nullptr) *before = IsOurs(real) ? known : real;
    return 0;
  }
  if (action != nullptr) {
    // First the kernel, which may refuse: a handler that comes in between finds what was wanted before.
    struct sigaction real {};
    if (!IsTaken(signal)) {
      if (RealSigaction(signal, nullptr, &real) != 0) return -1;
      known = real;
      WriteWantedAction(signal, known);
    }
    const struct sigaction ours = ForKernel(signal, asked);
    if (RealSigaction(signal, &ours, nullptr) != 0) return -1;
    WriteWantedAction(signal, AsItIsTold(asked));
    SetStaysOnStack(signal, stays);
    SetTaken(signal, true);
  }
  if (before != nullptr) *before = known;
  return 0;
}

Handler LeaveToKernel(int signal, Handler before) {
  if (before == SIG_ERR || !IsTaken(signal)) return before;
  const Writing lock;
  if (!IsMemoryOfAnother()) SetTaken(signal, false);
  struct sigaction real {};
  real.sa_handler = before;
  return real.sa_sigaction == OnHandled ? WantedAction(signal).sa_handler : before;
}

}  // namespace mqtrack::crash
