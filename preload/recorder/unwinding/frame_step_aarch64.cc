#include <sys/auxv.h>

#include "preload/recorder/unwinding/frame_step.h"

namespace mqtrack::recorder {
namespace {

// struct rt_sigframe of Linux for aarch64 (arch/arm64/kernel/signal.c): siginfo, then struct ucontext, whose machine
// context lies at a multiple of 16: fault_address, x0 to x30, sp, pc.
constexpr std::uint64_t kSiginfo = 128, kMachineContext = kSiginfo + 176, kRegisters = kMachineContext + 8;
constexpr std::uint64_t PlaceOf(std::uint64_t number) { return kRegisters + number * 8; }
constexpr std::uint64_t kX29 = PlaceOf(29), kX30 = PlaceOf(30), kSp = PlaceOf(31), kPc = PlaceOf(32);

constexpr std::uint64_t Aligned(std::uint64_t address) { return address & ~std::uint64_t{7}; }

constexpr std::uint32_t kReturnCode[] = {0xd2801168, 0xd4000001};  // mov x8, #__NR_rt_sigreturn; svc #0

}  // namespace

// The kernel's own code for it, which lies in the vDSO and never goes away, has no unwind table on purpose
// (arch/arm64/kernel/vdso/sigreturn.S): unwinders know it by its instructions. An emulator without a vDSO lays the same
// code elsewhere.
bool IsSignalReturn(std::uint64_t pc) {
  const std::uint64_t vdso = ::getauxval(AT_SYSINFO_EHDR);
  const bool may_be = pc % sizeof *kReturnCode == 0 && (vdso == 0 || pc - vdso < cpu::kLargestPage);
  if (!may_be || !IsReadable(Aligned(pc)) || !IsReadable(Aligned(pc + sizeof *kReturnCode))) return false;
  const auto* code = reinterpret_cast<const volatile std::uint32_t*>(pc);
  return code[0] == kReturnCode[0] && code[1] == kReturnCode[1];
}

FrameStep StepToInterrupted(StackWords& stack, FrameRegisters& registers) {
  FrameRegisters interrupted{};
  std::uint64_t link = 0;
  if (!stack.Read(registers.stack_pointer + kPc, interrupted.pc) ||
      !stack.Read(registers.stack_pointer + kSp, interrupted.stack_pointer) ||
      !stack.Read(registers.stack_pointer + kX29, interrupted.frame_pointer) ||
      !stack.Read(registers.stack_pointer + kX30, link)) {
    return FrameStep::kUnknown;
  }
  interrupted.link = cpu::LinkRegister(link);
  registers = interrupted;
  return FrameStep::kInterrupted;
}

}  // namespace mqtrack::recorder
