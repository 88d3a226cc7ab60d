// The signals that end a process by a defect of it, and what the service wants of them.
//
// The kernel always has one of our two handlers, or what the service itself has set where there is nothing to tell.
// What the service has set, it is told when it asks. Its handlers run where they would have run: on the stack that was
// interrupted or on the service's own alternate stack, never on one that was made for us.
#pragma once

#include <signal.h>

namespace mqtrack::crash {

inline constexpr int kFatalSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

[[nodiscard]] constexpr bool IsFatal(int signal) {
  for (const int fatal : kFatalSignals) {
    if (fatal == signal) return true;
  }
  return false;
}

/// Takes the fatal signals over, with what is set for them now as what the service wants. Called once.
void TakeOver();

/// True if a call of sigaction with `action`, or null, is to be answered by SetWanted: of fatal signals, and of those
/// whose handler wants an alternate stack, since a thread may have one of ours that the service knows nothing of.
[[nodiscard]] bool IsForUs(int signal, const struct sigaction* action);

/// As sigaction, for the service. 0, or -1 and errno.
int SetWanted(int signal, const struct sigaction* action, struct sigaction* before);

/// The service has given the kernel itself a handler that wants no alternate stack, for a signal that is not fatal.
/// `before`: what the kernel had. Returns what the service had set.
using Handler = void (*)(int);
Handler LeaveToKernel(int signal, Handler before);

/// The sigaction behind ours.
int RealSigaction(int signal, const struct sigaction* action, struct sigaction* before);

}  // namespace mqtrack::crash
