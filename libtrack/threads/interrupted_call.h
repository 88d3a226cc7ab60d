// A system call that a thread was waiting in when it was stopped. In interrupted_call_x86_64.cc
// and its like.
#pragma once

#include <cstdint>

#include "libtrack/threads/cpu_registers.h"

namespace mqtrack::threads {

/// True if the thread stands in a system call, or at its end.
[[nodiscard]] bool IsInCall(const CpuRegisters& registers);
/// True if that call is one that waits for something outside the process, or for another thread.
[[nodiscard]] bool IsWaitingCall(const CpuRegisters& registers);
/// True if it waits for a lock or a condition (futex).
[[nodiscard]] bool IsFutexCall(const CpuRegisters& registers);
/// True if it waits until a signal comes, and so must hear of every one as the kernel says.
[[nodiscard]] bool IsSignalWait(const CpuRegisters& registers);

/// True if the call has failed with EINTR only because the thread was woken: epoll_wait and a few others do, even when
/// no signal came. Without a tracer they would have gone on waiting.
[[nodiscard]] bool IsGivenUpByWakeUp(const CpuRegisters& registers);
/// Makes the thread enter its system call anew, with the same arguments.
void MakeCallAgain(CpuRegisters& registers);
/// The registers with which the thread goes on where it was, if it gets there by rt_sigreturn instead of by the
/// kernel's own restart of the call.
[[nodiscard]] CpuRegisters AsAfterSigreturn(const CpuRegisters& registers);

}  // namespace mqtrack::threads
