// What the service wants of signals, where the kernel has a handler of ours instead.
#pragma once

#include <signal.h>

namespace mqtrack::crash {

/// The latest action that was written. In handlers too: takes no lock.
[[nodiscard]] struct sigaction WantedAction(int signal);

/// Holds signals back and other threads out, for some system calls' time. What is written below is written under one.
class Writing {
 public:
  Writing();
  ~Writing();
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

 private:
  sigset_t before_{};
};

void WriteWantedAction(int signal, const struct sigaction& action);

/// True if the handler runs on the stack that it was called on, whosever that is.
[[nodiscard]] bool StaysOnStack(int signal);
void SetStaysOnStack(int signal, bool stays);

/// True while the table, and not the kernel, knows what the service wants of `signal`.
[[nodiscard]] bool IsTaken(int signal);
void SetTaken(int signal, bool taken);

}  // namespace mqtrack::crash
