// The functions by which a service says what it wants of signals, and of the stacks that handlers run on. Of signals
// other than the fatal ones they are the real functions.
#include <dlfcn.h>
#include <signal.h>

#include <cerrno>

#include "preload/crash/alternate_stacks.h"
#include "preload/crash/fatal_signals.h"

namespace {

using mqtrack::crash::IsFatal;
using mqtrack::crash::RealSigaction;
using mqtrack::crash::SetWanted;
using Handler = void (*)(int);

int Set(int signal, const struct sigaction* action, struct sigaction* before) {
  return IsFatal(signal) ? SetWanted(signal, action, before) : RealSigaction(signal, action, before);
}

Handler SetHandler(int signal, Handler handler, int flags, bool blocks_itself) {
  if (handler == SIG_ERR || signal < 1 || signal >= NSIG) {
    errno = EINVAL;
    return SIG_ERR;
  }
  struct sigaction action {
  }, before{};
  action.sa_handler = handler;
  action.sa_flags = flags;
  ::sigemptyset(&action.sa_mask);
  if (blocks_itself) ::sigaddset(&action.sa_mask, signal);
  return Set(signal, &action, &before) == 0 ? before.sa_handler : SIG_ERR;
}

/// The C library's own, for signals that are none of ours.
template <typename Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

int sigaction(int signal, const struct sigaction* action, struct sigaction* before) noexcept {
  return Set(signal, action, before);
}

Handler signal(int number, Handler handler) noexcept {
  if (IsFatal(number)) return SetHandler(number, handler, SA_RESTART, true);
  return Next<Handler (*)(int, Handler)>("signal")(number, handler);
}
Handler bsd_signal(int number, Handler handler) noexcept {
  if (IsFatal(number)) return SetHandler(number, handler, SA_RESTART, true);
  return Next<Handler (*)(int, Handler)>("bsd_signal")(number, handler);
}
Handler ssignal(int number, Handler handler) noexcept {
  if (IsFatal(number)) return SetHandler(number, handler, SA_RESTART, true);
  return Next<Handler (*)(int, Handler)>("ssignal")(number, handler);
}
Handler sysv_signal(int number, Handler handler) noexcept {
  if (IsFatal(number)) return SetHandler(number, handler, static_cast<int>(SA_RESETHAND | SA_NODEFER), false);
  return Next<Handler (*)(int, Handler)>("sysv_signal")(number, handler);
}
// What `signal` is to programs that ask for the rules of System V.
Handler __sysv_signal(int number, Handler handler) noexcept {  // NOLINT(bugprone-reserved-identifier): glibc's name
  if (IsFatal(number)) return SetHandler(number, handler, static_cast<int>(SA_RESETHAND | SA_NODEFER), false);
  return Next<Handler (*)(int, Handler)>("__sysv_signal")(number, handler);
}

int sigignore(int number) noexcept {
  if (IsFatal(number)) return SetHandler(number, SIG_IGN, 0, false) == SIG_ERR ? -1 : 0;
  return Next<int (*)(int)>("sigignore")(number);
}
Handler sigset(int number, Handler handler) noexcept {
  if (!IsFatal(number)) return Next<Handler (*)(int, Handler)>("sigset")(number, handler);
  sigset_t only, blocked;
  ::sigemptyset(&only);
  ::sigaddset(&only, number);
  if (handler == SIG_HOLD) {
    struct sigaction now {};
    if (::sigprocmask(SIG_BLOCK, &only, &blocked) != 0 || Set(number, nullptr, &now) != 0) return SIG_ERR;
    return ::sigismember(&blocked, number) == 1 ? SIG_HOLD : now.sa_handler;
  }
  const Handler before = SetHandler(number, handler, 0, false);
  if (before == SIG_ERR || ::sigprocmask(SIG_UNBLOCK, &only, &blocked) != 0) return SIG_ERR;
  return ::sigismember(&blocked, number) == 1 ? SIG_HOLD : before;
}

int sigaltstack(const stack_t* stack, stack_t* before) noexcept {
  const int result = Next<int (*)(const stack_t*, stack_t*)>("sigaltstack")(stack, before);
  if (result != 0) return result;
  // Ours is none that the service knows of.
  if (before != nullptr && mqtrack::crash::IsOurStack(*before)) *before = {nullptr, SS_DISABLE, 0};
  if (stack != nullptr && (stack->ss_flags & SS_DISABLE) == 0) mqtrack::crash::ServiceHasStacks();
  return 0;
}

}  // extern "C"
#pragma GCC visibility pop
