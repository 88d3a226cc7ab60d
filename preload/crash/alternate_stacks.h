// Stacks for handlers of threads whose own stack has overflowed.
#pragma once

#include <signal.h>

#include <cstdint>

namespace mqtrack::crash {

/// Gives the calling thread one, unless it has one. Used for the main thread.
void GiveMainThreadStack();

/// True of a stack that was made here for the calling thread.
[[nodiscard]] bool IsOurStack(const stack_t& stack);

/// The end of the calling thread's stack that was made here, if `address` lies in it; else null.
[[nodiscard]] void* EndOfOurStack(std::uintptr_t address);

/// Gives the calling thread that stack again, after the service has taken its own away. Keeps errno.
void UseOurStackAgain();

}  // namespace mqtrack::crash
