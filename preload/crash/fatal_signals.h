// The signals that end a process by a defect of it, and what the service wants of them.
//
// The kernel always has one of our two handlers, or what the service itself has set where there is nothing to tell.
// What the service has set, it is told when it asks.
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

/// As sigaction of a fatal signal, for the service. 0, or -1 and errno.
int SetWanted(int signal, const struct sigaction* action, struct sigaction* before);

/// The service has called sigaltstack: from now on its handlers that ask for an alternate stack have one.
void ServiceHasStacks();
[[nodiscard]] bool DoesServiceHaveStacks();

/// The sigaction behind ours.
int RealSigaction(int signal, const struct sigaction* action, struct sigaction* before);

}  // namespace mqtrack::crash
