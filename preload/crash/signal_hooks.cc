// The functions by which a service says what it wants of signals, and of the stacks that handlers run on. Of signals
// other than the fatal ones they are the real functions, except for handlers that want an alternate stack: a thread may
// have one that is ours.
#include "preload/crash/signal_hooks.h"

#include <signal.h>

#include <cerrno>
#include <initializer_list>

#include "preload/crash/alternate_stacks.h"
#include "preload/crash/fatal_signals.h"
#include "preload/crash/real_function.h"

namespace {

using mqtrack::crash::Handler;
using mqtrack::crash::IsFatal;
using mqtrack::crash::IsForUs;
using mqtrack::crash::RealFunction;
using mqtrack::crash::RealSigaction;
using mqtrack::crash::SetWanted;

using RealSetter = RealFunction<Handler(int, Handler)>;
constinit RealSetter real_signal("signal"), real_bsd_signal("bsd_signal"), real_ssignal("ssignal"),
    real_sysv_signal("sysv_signal"), real_sysv_signal_of_glibc("__sysv_signal"), real_sigset("sigset");
constinit RealFunction<int(int)> real_sigignore("sigignore");
constinit RealFunction<int(const stack_t*, stack_t*)> real_sigaltstack("sigaltstack");

int Set(int signal, const struct sigaction* action, struct sigaction* before) {
  return IsForUs(signal, action) ? SetWanted(signal, action, before) : RealSigaction(signal, action, before);
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

/// By the rules of BSD or, if `once`, of System V. Of other signals than the fatal ones the C library's own is called.
Handler SetSimply(int number, Handler handler, bool once, RealSetter& real) {
  if (!IsFatal(number) && real.Find()) return mqtrack::crash::LeaveToKernel(number, real(number, handler));
  return once ? SetHandler(number, handler, static_cast<int>(SA_RESETHAND | SA_NODEFER), false)
              : SetHandler(number, handler, SA_RESTART, true);
}

}  // namespace

namespace mqtrack::crash {

void FindSignalFunctions() {
  for (RealSetter* setter :
       {&real_signal, &real_bsd_signal, &real_ssignal, &real_sysv_signal, &real_sysv_signal_of_glibc, &real_sigset})
    (void)setter->Find();
  (void)real_sigignore.Find();
  (void)real_sigaltstack.Find();
}

}  // namespace mqtrack::crash

#pragma GCC visibility push(default)
extern "C" {

int sigaction(int signal, const struct sigaction* action, struct sigaction* before) noexcept {
  return Set(signal, action, before);
}

Handler signal(int number, Handler handler) noexcept { return SetSimply(number, handler, false, real_signal); }
Handler bsd_signal(int number, Handler handler) noexcept { return SetSimply(number, handler, false, real_bsd_signal); }
Handler ssignal(int number, Handler handler) noexcept { return SetSimply(number, handler, false, real_ssignal); }
Handler sysv_signal(int number, Handler handler) noexcept { return SetSimply(number, handler, true, real_sysv_signal); }
// What `signal` is to programs that ask for the rules of System V.
Handler __sysv_signal(int number, Handler handler) noexcept {  // NOLINT(bugprone-reserved-identifier): glibc's name
  return SetSimply(number, handler, true, real_sysv_signal_of_glibc);
}

int sigignore(int number) noexcept {
  if (IsFatal(number) || !real_sigignore.Find()) return SetHandler(number, SIG_IGN, 0, false) == SIG_ERR ? -1 : 0;
  const int result = real_sigignore(number);
  if (result == 0) (void)mqtrack::crash::LeaveToKernel(number, SIG_IGN);
  return result;
}
Handler sigset(int number, Handler handler) noexcept {
  if (!IsFatal(number) && real_sigset.Find()) {
    if (handler != SIG_HOLD) return mqtrack::crash::LeaveToKernel(number, real_sigset(number, handler));
  }
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
  const int result = real_sigaltstack(stack, before);
  if (result != 0) return result;
  // Ours is none that the service knows of.
  if (before != nullptr && mqtrack::crash::IsOurStack(*before)) *before = {nullptr, SS_DISABLE, 0};
  if (stack != nullptr && (stack->ss_flags & SS_DISABLE) != 0) mqtrack::crash::UseOurStackAgain();
  return 0;
}

}  // extern "C"
#pragma GCC visibility pop
