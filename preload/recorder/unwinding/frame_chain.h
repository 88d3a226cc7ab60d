// From a frame of code without unwind tables to its caller's: by the chain of frame pointers, where that is proved.
//
// Compilers at run time (V8, the JVM) and hand-written assembly leave no tables, but most keep a frame pointer: where
// it points lies the caller's, and above it the return address. That it points to this frame, and not to an older one
// that the code left alone, follows from what lies in between:
//
//   stack pointer | ... nothing that a call returns to ... | caller's frame pointer | return address
//
// The true return address lies somewhere above the stack pointer, in executable memory behind a call. If no word below
// the place that the frame pointer leads to is such an address, then the true one cannot lie lower. So a function that
// keeps no frame pointer, one that a signal interrupted before it had made its frame, and one whose frame pointer is a
// number like any other are told apart: there the stack ends, marked incomplete. A word that an earlier call has left
// in a frame ends it too. Code that is about to return says itself where its return address lies (epilogue.h).
//
// Code that nobody announced can be replaced or unmapped at any moment by another thread. So its bytes are read by a
// system call that cannot fault, and what was proved of one stack is not believed of the next.
#pragma once

#include <cstdint>

#include "preload/recorder/unwinding/frame_step.h"

namespace mqtrack::recorder {

enum class ChainStep : std::uint8_t {
  kCaller,    // `registers` are the caller's
  kUnproved,  // the caller cannot be told
  kNotNow,    // it may be told another time: what is code is not known at the moment
};

/// `is_interrupted`: a signal came while the code was at `registers.pc`; else that is where a call returns to. Takes no
/// lock, allocates nothing, never faults; async-signal-safe.
[[nodiscard]] ChainStep StepByFrameChain(StackWords& stack, FrameRegisters& registers, bool is_interrupted);

/// True if the caller at `pc` was never proved, often enough to leave it at that: what ends there may be remembered as
/// ending there. Takes note of how the step from there went.
[[nodiscard]] bool IsHopeless(std::uint64_t pc, ChainStep step);

}  // namespace mqtrack::recorder
