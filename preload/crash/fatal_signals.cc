#include "preload/crash/fatal_signals.h"

#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>

#include "preload/crash/stack_dump.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::crash {
namespace {

using SigactionFunction = int (*)(int, const struct sigaction*, struct sigaction*);
SigactionFunction real_sigaction = nullptr;

/// What the service wants of a signal. Written under `writing`, read in handlers without it.
struct Wanted {
  std::uint32_t version = 0;  // odd while it is being written
  struct sigaction action {};
};
Wanted wanted[std::size(kFatalSignals)];
std::uint32_t writing = 0;
bool taken_over = false;
bool service_has_stacks = false;
int owner_pid = 0;

std::size_t IndexOf(int signal) {
  std::size_t index = 0;
  while (index + 1 < std::size(kFatalSignals) && kFatalSignals[index] != signal) ++index;
  return index;
}

/// A copy that existed. A writer that was killed in between, by a fork, is not waited for.
struct sigaction Read(int signal) {
  const Wanted& entry = wanted[IndexOf(signal)];
  struct sigaction copy {};
  for (int tries = 0; tries < 1000; ++tries) {
    const std::uint32_t before = __atomic_load_n(&entry.version, __ATOMIC_ACQUIRE);
    copy = entry.action;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (before % 2 == 0 && before == __atomic_load_n(&entry.version, __ATOMIC_RELAXED)) break;
  }
  return copy;
}

void Write(int signal, const struct sigaction& action) {
  Wanted& entry = wanted[IndexOf(signal)];
  __atomic_add_fetch(&entry.version, 1, __ATOMIC_ACQ_REL);
  entry.action = action;
  __atomic_add_fetch(&entry.version, 1, __ATOMIC_RELEASE);
}

/// Holds signals back and other threads out, for some system calls' time.
class Writing {
 public:
  Writing() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    for (int tries = 0; tries < 100'000 && __atomic_exchange_n(&writing, 1u, __ATOMIC_ACQUIRE) != 0; ++tries)
      (void)recorder::KernelCall(SYS_sched_yield);
  }
  ~Writing() {
    __atomic_store_n(&writing, 0u, __ATOMIC_RELEASE);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

 private:
  sigset_t before_{};
};

void OnDefault(int signal, siginfo_t* info, void* context);
void OnHandled(int signal, siginfo_t* info, void* context);

bool IsOurs(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && (action.sa_sigaction == OnDefault || action.sa_sigaction == OnHandled);
}

/// What the kernel gets where the service wants `action`. A signal that is ignored stays so in what is executed, and
/// one that is handled does not: the kernel has to know.
struct sigaction ForKernel(const struct sigaction& action) {
  if (action.sa_handler == SIG_IGN) return action;
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
  // On a thread that has no alternate stack but ours the handler would have none at all.
  if (!service_has_stacks) ours.sa_flags &= ~SA_ONSTACK;
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

/// What comes next. In registers: a local variable whose address was handed on would keep the handler from being jumped to.
struct Next {
  void (*handler)(int, siginfo_t*, void*);
  enum : std::uint64_t { kHandler, kDefault, kIgnore } kind;
};

/// All that is to be done before the service's handler.
[[gnu::noinline]] Next BeforeHandler(int signal, siginfo_t* info, void* context) {
  if (IsFaultOfDump()) AbandonDump();
  const int error = errno;
  RecordSignal(signal, info, context, true);
  const struct sigaction action = Read(signal);
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

/// Jumps to the service's handler: no frame of ours stands on its stack. Both kinds of handlers are called alike: what the
/// one has of arguments more is in registers.
void OnHandled(int signal, siginfo_t* info, void* context) {
  const Next next = BeforeHandler(signal, info, context);
  if (next.kind == Next::kHandler) return next.handler(signal, info, context);
  if (next.kind == Next::kDefault) DieOf(signal, info);
}

void OnFork() { owner_pid = ::getpid(); }

/// A child of vfork has our memory, which is its parent's, and handlers of its own.
bool IsMemoryOfAnother() { return owner_pid != 0 && ::getpid() != owner_pid; }

}  // namespace

int RealSigaction(int signal, const struct sigaction* action, struct sigaction* before) {
  if (real_sigaction == nullptr) real_sigaction = reinterpret_cast<SigactionFunction>(::dlsym(RTLD_NEXT, "sigaction"));
  return real_sigaction(signal, action, before);
}

void TakeOver() {
  owner_pid = ::getpid();
  (void)::pthread_atfork(nullptr, nullptr, OnFork);
  const Writing lock;
  for (const int signal : kFatalSignals) {
    struct sigaction action {};
    if (RealSigaction(signal, nullptr, &action) != 0) continue;
    Write(signal, action);
    const struct sigaction ours = ForKernel(action);
    (void)RealSigaction(signal, &ours, nullptr);
  }
  taken_over = true;
}

void ServiceHasStacks() {
  if (service_has_stacks || !taken_over || IsMemoryOfAnother()) return;
  const Writing lock;
  service_has_stacks = true;
  for (const int signal : kFatalSignals) {
    const struct sigaction ours = ForKernel(Read(signal));
    (void)RealSigaction(signal, &ours, nullptr);
  }
}

bool DoesServiceHaveStacks() { return service_has_stacks; }

int SetWanted(int signal, const struct sigaction* action, struct sigaction* before) {
  if (!taken_over) return RealSigaction(signal, action, before);
  struct sigaction asked {};
  if (action != nullptr) asked = *action;
  const Writing lock;
  struct sigaction known = Read(signal);
  if (IsMemoryOfAnother()) {
    struct sigaction real {};
    if (RealSigaction(signal, action, &real) != 0) return -1;
    if (before != nullptr) *before = IsOurs(real) ? known : real;
    return 0;
  }
  if (action != nullptr) {
    // First the kernel, which may refuse: a handler that comes in between finds what was wanted before.
    const struct sigaction ours = ForKernel(asked);
    if (RealSigaction(signal, &ours, nullptr) != 0) return -1;
    Write(signal, asked);
  }
  if (before != nullptr) *before = known;
  return 0;
}

}  // namespace mqtrack::crash
