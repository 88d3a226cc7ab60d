// One step of unwinding: from a frame to its caller's, by a rule. In a header because an allocation takes
// this step for each frame.
#pragma once

#include <cstdint>

#include "preload/recorder/cpu/cpu.h"
#include "preload/recorder/unwinding/behind_call.h"
#include "preload/recorder/unwinding/cfi.h"
#include "preload/recorder/unwinding/readable.h"
#include "preload/recorder/unwinding/start_frame.h"

namespace mqtrack::recorder {

/// The registers that rules refer to, as they were in one frame.
struct FrameRegisters {
  std::uint64_t pc, stack_pointer, frame_pointer;
  [[no_unique_address]] cpu::LinkRegister link = {};
};

/// Of the function that has called the hook at `start`.
[[nodiscard]] inline FrameRegisters CallerOf(StartFrame start) {
  const auto word_at = [](std::uint64_t place) { return *reinterpret_cast<const std::uint64_t*>(place); };
  return {cpu::ReturnAddressIn(word_at(start.return_address_place())), start.cfa(),
          word_at(start.frame_pointer_place())};
}

enum class FrameStep {
  kCaller,       // `registers` are the caller's
  kInterrupted,  // `registers` are those of the code that a signal interrupted
  kOutermost,    // there is no caller; `registers.pc` is 0 if that was read from the stack
  kUnknown,      // cannot be proved
};

/// False if `pc`, found where a return address should be, is none; `rule` is the one at `pc` - 1. For the first walk
/// along a path: what comes by it again finds the same words.
[[nodiscard]] inline bool MayHaveCaller(const FrameRule& rule, std::uint64_t pc) {
  const bool ends_or_signal = rule.cfa == FrameRule::Cfa::kUnknown || rule.cfa == FrameRule::Cfa::kOutermost ||
                              rule.cfa == FrameRule::Cfa::kSignalFrame || rule.cfa == FrameRule::Cfa::kFrameChain;
  return ends_or_signal || IsBehindCall(pc);
}

/// True if handlers return to the code at `pc`, which calls for the end of the signal, and which no table covers. In
/// frame_step_x86_64.cc and its like, as is the next.
[[nodiscard]] bool IsSignalReturn(std::uint64_t pc);

/// Out of the way of the frequent case: from the kernel's signal frame.
[[nodiscard]] FrameStep StepToInterrupted(StackWords& stack, FrameRegisters& registers);

/// Moves `registers` to the caller's frame by `rule`; not by the chain of frames, which only an unwinder follows.
[[nodiscard]] inline FrameStep StepToCaller(const FrameRule& rule, StackWords& stack, FrameRegisters& registers) {
  std::uint64_t cfa = 0;
  std::uint64_t saved_from = 0;  // what the frame pointer's offset counts from
  switch (rule.cfa) {
    case FrameRule::Cfa::kStackPointer:
      cfa = saved_from = registers.stack_pointer + static_cast<std::int64_t>(rule.cfa_offset);
      break;
    case FrameRule::Cfa::kFramePointer:
      cfa = saved_from = registers.frame_pointer + static_cast<std::int64_t>(rule.cfa_offset);
      break;
    case FrameRule::Cfa::kFromMemory:
      if (!stack.Read(registers.frame_pointer + static_cast<std::int64_t>(rule.cfa_offset), cfa))
        return FrameStep::kUnknown;
      saved_from = registers.frame_pointer;
      break;
    case FrameRule::Cfa::kFromStack:
      if (!stack.Read(registers.stack_pointer + static_cast<std::int64_t>(rule.cfa_offset), cfa))
        return FrameStep::kUnknown;
      cfa = saved_from = cfa + rule.return_place.below_cfa();
      break;
    case FrameRule::Cfa::kSignalFrame:
      return StepToInterrupted(stack, registers);
    case FrameRule::Cfa::kOutermost:
      return FrameStep::kOutermost;
    default:
      return FrameStep::kUnknown;
  }
  std::uint64_t pc = 0, frame_pointer = registers.frame_pointer;
  if (rule.return_place.is_in_register()) {
    // Of code that a signal interrupted where it had not saved it. Such code need not have a frame at all.
    pc = registers.link.value();
    if (pc == 0 || cfa < registers.stack_pointer) return FrameStep::kUnknown;
  } else if (cfa <= registers.stack_pointer || !stack.Read(rule.return_place.In(cfa), pc)) {
    return FrameStep::kUnknown;  // frames only ever lie above each other
  }
  pc = cpu::ReturnAddressIn(pc);
  if (rule.frame_pointer == FrameRule::FramePointer::kSaved &&
      !stack.Read(saved_from + static_cast<std::int64_t>(rule.frame_pointer_offset), frame_pointer)) {
    return FrameStep::kUnknown;
  }
  registers = {pc, cfa, frame_pointer};
  return pc == 0 ? FrameStep::kOutermost : FrameStep::kCaller;
}

}  // namespace mqtrack::recorder
