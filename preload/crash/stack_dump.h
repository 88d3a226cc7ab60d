// The stack of a thread that a fatal signal has met, by Boost.Stacktrace's dump, which makes no memory and takes no
// lock.
#pragma once

#include <signal.h>

namespace mqtrack::crash {

/// Finds the recorder, and has the unwinder do now what it does once. Called once, at the start.
void PrepareDump();

/// Hands what is known to the recorder. In a handler of `signal`, on the thread that it met. `handled`: the service has
/// a handler of its own. A fault while the stack is read does no harm: see IsFaultOfDump.
void RecordSignal(int signal, const siginfo_t* info, const void* context, bool handled);

/// In a child of fork: the threads that were reading their stacks are not there.
void ForgetOtherDumps();

/// In a handler: true if the fault came of reading the stack. AbandonDump then goes on behind that, and does not
/// return.
[[nodiscard]] bool IsFaultOfDump();
[[noreturn]] void AbandonDump();

}  // namespace mqtrack::crash
