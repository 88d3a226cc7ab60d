#include "preload/recorder/unwinding/unwind.h"

#include "preload/recorder/cpu/cpu.h"
#include "preload/recorder/unwinding/frame_chain.h"
#include "preload/recorder/unwinding/frame_step.h"
#include "preload/recorder/unwinding/readable.h"
#include "preload/recorder/unwinding/rule_cache.h"

namespace mqtrack::recorder {
namespace {

/// Goes on from code without unwind tables, if that can be proved.
bool FollowChain(StackWords& stack, FrameRegisters& registers, std::uint64_t& lookup, Unwound& result) {
  const std::uint64_t pc = registers.pc;
  const ChainStep step = StepByFrameChain(stack, registers, lookup == pc);
  // What was proved of one stack need not hold for another that reads the same return addresses.
  result.repeatable &= IsHopeless(pc, step);
  lookup = registers.pc - 1;
  return step == ChainStep::kCaller;
}

}  // namespace

Unwound Unwind(StartFrame start, std::uint64_t* addresses, std::uint32_t max) {
  FrameRegisters registers = CallerOf(start);
  StackWords stack(start.address());
  Unwound result;
  result.repeatable = true;
  std::uint64_t lookup = registers.pc - 1;  // inside the call, which may be the last instruction of its function
  for (;;) {
    if (result.depth == max) {
      result.truncated = true;
      result.repeatable = false;
      return result;
    }
    const FrameRule rule = CachedRule(lookup);
    if (result.depth != 0 && lookup != registers.pc && !MayHaveCaller(rule, registers.pc)) {
      result.incomplete = result.has_end = true;
      result.end = registers.pc;
      return result;
    }
    addresses[result.depth++] = lookup + 1;
    switch (StepToCaller(rule, stack, registers)) {
      case FrameStep::kCaller:
        lookup = registers.pc - 1;
        break;
      case FrameStep::kInterrupted:
        result.repeatable = false;
        // The signal may have come on an alternate stack because the interrupted one was full: ask before reading it.
        if (!IsReadable(registers.stack_pointer & ~std::uintptr_t{7})) {
          result.incomplete = true;
          return result;
        }
        lookup = registers.pc;
        // The interrupted function may keep things in the red zone below its stack pointer.
        stack = StackWords(IsReadable((registers.stack_pointer - cpu::kRedZone) & ~std::uintptr_t{7})
                               ? registers.stack_pointer - cpu::kRedZone
                               : registers.stack_pointer);
        break;
      case FrameStep::kOutermost:
        result.has_end = rule.cfa != FrameRule::Cfa::kOutermost;
        return result;
      case FrameStep::kUnknown:
        if (rule.cfa == FrameRule::Cfa::kFrameChain && FollowChain(stack, registers, lookup, result)) break;
        result.incomplete = true;
        result.repeatable &= rule.cfa == FrameRule::Cfa::kUnknown || rule.cfa == FrameRule::Cfa::kFrameChain;
        return result;
    }
  }
}

ReturnSlot CallerReturnSlot(StartFrame start) {
  FrameRegisters registers = CallerOf(start);
  StackWords stack(start.address());
  const FrameRule rule = CachedRule(registers.pc - 1);
  if (StepToCaller(rule, stack, registers) != FrameStep::kCaller) return {};
  return {rule.return_place.In(registers.stack_pointer), registers.pc};
}

}  // namespace mqtrack::recorder
