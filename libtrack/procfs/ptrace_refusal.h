// Why a process cannot be traced, in a sentence that says what to do. Private to this module.
#pragma once

#include <sys/types.h>

#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::procfs {

/// "mosquitto (pid 4711)", or "process 4711" if it is gone.
[[nodiscard]] std::string ProcessName(pid_t pid);

/// True if the thread is gone or a zombie.
[[nodiscard]] bool HasEnded(pid_t pid, pid_t tid);

/// What can be said before trying: no such process, a zombie, a kernel thread, a 32-bit process, ourselves, a process
/// that another program traces.
[[nodiscard]] support::Status CheckTraceable(pid_t pid);

/// What PTRACE_SEIZE's refusal of a thread, with this errno, means.
[[nodiscard]] support::Error WhyNotTraced(pid_t pid, pid_t tid, int error);

}  // namespace mqtrack::procfs
