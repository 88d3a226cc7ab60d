#include "preload/recorder/unwinding/frame_step.h"

namespace mqtrack::recorder {
namespace {

// struct ucontext_t of the x86-64 Linux ABI: uc_flags, uc_link, uc_stack, then the general registers.
constexpr std::uint64_t kUcontextRegisters = 40;
constexpr std::uint64_t kUcontextRbp = kUcontextRegisters + 10 * 8;
constexpr std::uint64_t kUcontextRsp = kUcontextRegisters + 15 * 8;
constexpr std::uint64_t kUcontextRip = kUcontextRegisters + 16 * 8;

}  // namespace

// The C library has a table for its own.
bool IsSignalReturn(std::uint64_t) { return false; }

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

}  // namespace mqtrack::recorder
