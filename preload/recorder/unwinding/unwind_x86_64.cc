#include <cstdint>

#include "preload/recorder/unwinding/frame_step.h"
#include "preload/recorder/unwinding/readable.h"
#include "preload/recorder/unwinding/rule_cache.h"
#include "preload/recorder/unwinding/unwind.h"

namespace mqtrack::recorder {
namespace {

// struct ucontext_t of the x86-64 Linux ABI: uc_flags, uc_link, uc_stack, then the general registers.
constexpr std::uint64_t kUcontextRegisters = 40;
constexpr std::uint64_t kUcontextRbp = kUcontextRegisters + 10 * 8;
constexpr std::uint64_t kUcontextRsp = kUcontextRegisters + 15 * 8;
constexpr std::uint64_t kUcontextRip = kUcontextRegisters + 16 * 8;

constexpr std::uint64_t kRedZone = 128;

}  // namespace

FrameStep StepToInterrupted(StackWords& stack, FrameRegisters& registers) {
  FrameRegisters interrupted{};
  if (!stack.Read(registers.stack_pointer + kUcontextRip, interrupted.pc) ||
      !stack.Read(registers.stack_pointer + kUcontextRsp, interrupted.stack_pointer) ||
      !stack.Read(registers.stack_pointer + kUcontextRbp, interrupted.frame_pointer)) {
    return FrameStep::kUnknown;
  }
  registers = interrupted;
  return FrameStep::kInterrupted;
}

Unwound Unwind(StartFrame start, std::uint64_t* addresses, std::uint32_t max) {
  const auto frame = reinterpret_cast<std::uintptr_t>(start.frame);
  const auto* words = reinterpret_cast<const std::uint64_t*>(frame);  // saved rbp, return address
  FrameRegisters registers{words[1], frame + 16, words[0]};
  StackWords stack(frame);
  Unwound result;
  result.repeatable = true;
  std::uint64_t lookup = registers.pc - 1;  // inside the call, which may be the last instruction of its function
  for (;;) {
    if (result.depth == max) {
      result.truncated = true;
      result.repeatable = false;
      return result;
    }
    addresses[result.depth++] = lookup + 1;
    const FrameRule rule = CachedRule(lookup);
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
        stack = StackWords(IsReadable((registers.stack_pointer - kRedZone) & ~std::uintptr_t{7})
                               ? registers.stack_pointer - kRedZone
                               : registers.stack_pointer);
        break;
      case FrameStep::kOutermost:
        result.ended_at_null = rule.cfa != FrameRule::Cfa::kOutermost;
        return result;
      case FrameStep::kUnknown:
        result.incomplete = true;
        result.repeatable &= rule.cfa == FrameRule::Cfa::kUnknown;
        return result;
    }
  }
}

}  // namespace mqtrack::recorder
