// Whether a stopped thread is inside a restartable sequence (rseq(2)): a few instructions that the kernel ends at their
// abort handler if the thread is interrupted there. A thread that is made to call in the middle of one would go on with
// it afterwards: the kernel takes the address that it finds it at meanwhile for the end of the sequence.
#pragma once

#include "libtrack/attach/remote/remote_memory.h"
#include "libtrack/threads/seized_thread.h"

namespace mqtrack::attach {

/// False too where the kernel does not tell (before 5.13).
[[nodiscard]] bool IsInRestartableSequence(const threads::SeizedThread& thread, const threads::CpuRegisters& registers,
                                           const RemoteMemory& memory);

}  // namespace mqtrack::attach
