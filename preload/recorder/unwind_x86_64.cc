#include <cstdint>

#include "preload/recorder/readable.h"
#include "preload/recorder/rule_cache.h"
#include "preload/recorder/unwind.h"

namespace mqtrack::recorder {
namespace {

/// The registers that rules refer to, as they were in one frame.
struct Registers {
  std::uint64_t pc, rsp, rbp;
};

// struct ucontext_t of the x86-64 Linux ABI: uc_flags, uc_link, uc_stack, then the general registers.
constexpr std::uint64_t kUcontextRegisters = 40;
constexpr std::uint64_t kUcontextRbp = kUcontextRegisters + 10 * 8;
constexpr std::uint64_t kUcontextRsp = kUcontextRegisters + 15 * 8;
constexpr std::uint64_t kUcontextRip = kUcontextRegisters + 16 * 8;

constexpr std::uint64_t kRedZone = 128;

enum class Step { kCaller, kInterrupted, kOutermost, kUnknown };

Step ToInterrupted(StackWords& stack, Registers& registers) {
  Registers interrupted{};
  if (!stack.Read(registers.rsp + kUcontextRip, interrupted.pc) ||
      !stack.Read(registers.rsp + kUcontextRsp, interrupted.rsp) ||
      !stack.Read(registers.rsp + kUcontextRbp, interrupted.rbp)) {
    return Step::kUnknown;
  }
  registers = interrupted;
  return Step::kInterrupted;
}

/// Moves `registers` to the caller's frame by `rule`.
Step ToCaller(const FrameRule& rule, StackWords& stack, Registers& registers) {
  std::uint64_t cfa = 0;
  std::uint64_t saved_from = 0;  // what the frame pointer's offset counts from
  switch (rule.cfa) {
    case FrameRule::Cfa::kStackPointer:
      cfa = saved_from = registers.rsp + static_cast<std::int64_t>(rule.cfa_offset);
      break;
    case FrameRule::Cfa::kFramePointer:
      cfa = saved_from = registers.rbp + static_cast<std::int64_t>(rule.cfa_offset);
      break;
    case FrameRule::Cfa::kFromMemory:
      if (!stack.Read(registers.rbp + static_cast<std::int64_t>(rule.cfa_offset), cfa)) return Step::kUnknown;
      saved_from = registers.rbp;
      break;
    case FrameRule::Cfa::kFromStack:
      if (!stack.Read(registers.rsp + static_cast<std::int64_t>(rule.cfa_offset), cfa)) return Step::kUnknown;
      cfa = saved_from = cfa + 8;
      break;
    case FrameRule::Cfa::kSignalFrame:
      return ToInterrupted(stack, registers);
    case FrameRule::Cfa::kOutermost:
      return Step::kOutermost;
    default:
      return Step::kUnknown;
  }
  if (cfa <= registers.rsp) return Step::kUnknown;  // frames only ever lie above each other
  std::uint64_t pc = 0, rbp = registers.rbp;
  if (!stack.Read(cfa - 8, pc)) return Step::kUnknown;
  if (rule.frame_pointer == FrameRule::FramePointer::kSaved &&
      !stack.Read(saved_from + static_cast<std::int64_t>(rule.frame_pointer_offset), rbp)) {
    return Step::kUnknown;
  }
  registers = {pc, cfa, rbp};
  return pc == 0 ? Step::kOutermost : Step::kCaller;
}

}  // namespace

Unwound Unwind(StartFrame start, std::uint64_t* addresses, std::uint32_t max) {
  const auto frame = reinterpret_cast<std::uintptr_t>(start.frame);
  const auto* words = reinterpret_cast<const std::uint64_t*>(frame);  // saved rbp, return address
  Registers registers{words[1], frame + 16, words[0]};
  StackWords stack(frame);
  Unwound result;
  std::uint64_t lookup = registers.pc - 1;  // inside the call, which may be the last instruction of its function
  for (;;) {
    if (result.depth == max) {
      result.truncated = true;
      return result;
    }
    addresses[result.depth++] = lookup + 1;
    switch (ToCaller(CachedRule(lookup), stack, registers)) {
      case Step::kCaller:
        lookup = registers.pc - 1;
        break;
      case Step::kInterrupted:
        // The signal may have come on an alternate stack because the interrupted one was full: ask before reading it.
        if (!IsReadable(registers.rsp & ~std::uintptr_t{7})) {
          result.incomplete = true;
          return result;
        }
        lookup = registers.pc;
        // The interrupted function may keep things in the red zone below its stack pointer.
        stack = StackWords(IsReadable((registers.rsp - kRedZone) & ~std::uintptr_t{7}) ? registers.rsp - kRedZone
                                                                                       : registers.rsp);
        break;
      case Step::kOutermost:
        return result;
      case Step::kUnknown:
        result.incomplete = true;
        return result;
    }
  }
}

}  // namespace mqtrack::recorder
