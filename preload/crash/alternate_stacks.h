// Stacks for handlers of threads whose own stack has overflowed.
#pragma once

#include <signal.h>

namespace mqtrack::crash {

/// Gives the calling thread one, unless it has one. Used for the main thread.
void GiveMainThreadStack();

/// True of a stack that was made here for the calling thread.
[[nodiscard]] bool IsOurStack(const stack_t& stack);

}  // namespace mqtrack::crash
