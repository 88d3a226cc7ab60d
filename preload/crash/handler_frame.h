// The frame that the kernel makes for a handler, and stacks other than the one that it chose. In
// handler_frame_x86_64.cc and its like.
#pragma once

#include <signal.h>

#include <cstdint>

namespace mqtrack::crash {

/// True if the kernel itself called the handler whose __builtin_frame_address(0) is `frame`, and not another handler
/// that hands on what it was given.
[[nodiscard]] bool IsCalledByKernel(const void* frame, const void* context);

/// Where the stack that was interrupted ends.
[[nodiscard]] std::uintptr_t InterruptedStack(const void* context);

/// Calls `handler` as the kernel would have on a thread that has no alternate stack: on the stack that was interrupted,
/// to which the kernel's frame is copied. That frame, with `info` and `context`, must be the only one on a stack that
/// ends at `stack_end`. The handler returns to what was interrupted. If there is no room for the frame the process dies
/// by SIGSEGV, as it would have.
[[noreturn]] void JumpOnInterruptedStack(int signal, const siginfo_t* info, const void* context, const void* stack_end,
                                         void (*handler)(int, siginfo_t*, void*));

/// Calls `function` on the stack that ends at `stack_end`. The unwinder finds its way back through it.
void CallOnStack(void* stack_end, void (*function)(void*), void* argument);

}  // namespace mqtrack::crash
