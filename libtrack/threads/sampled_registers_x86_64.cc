#include <asm/perf_regs.h>
#include <linux/perf_event.h>

#include <array>
#include <bit>

#include "libtrack/threads/sampled_registers.h"

namespace mqtrack::threads {
namespace {

struct Place {
  int bit;  // in the mask
  decltype(CpuRegisters::rax) CpuRegisters::*member;
};

constexpr std::array<Place, 17> kPlaces = {{
    {PERF_REG_X86_AX, &CpuRegisters::rax},
    {PERF_REG_X86_BX, &CpuRegisters::rbx},
    {PERF_REG_X86_CX, &CpuRegisters::rcx},
    {PERF_REG_X86_DX, &CpuRegisters::rdx},
    {PERF_REG_X86_SI, &CpuRegisters::rsi},
    {PERF_REG_X86_DI, &CpuRegisters::rdi},
    {PERF_REG_X86_BP, &CpuRegisters::rbp},
    {PERF_REG_X86_SP, &CpuRegisters::rsp},
    {PERF_REG_X86_IP, &CpuRegisters::rip},
    {PERF_REG_X86_R8, &CpuRegisters::r8},
    {PERF_REG_X86_R9, &CpuRegisters::r9},
    {PERF_REG_X86_R10, &CpuRegisters::r10},
    {PERF_REG_X86_R11, &CpuRegisters::r11},
    {PERF_REG_X86_R12, &CpuRegisters::r12},
    {PERF_REG_X86_R13, &CpuRegisters::r13},
    {PERF_REG_X86_R14, &CpuRegisters::r14},
    {PERF_REG_X86_R15, &CpuRegisters::r15},
}};

}  // namespace

std::uint64_t SampledRegisterMask() {
  std::uint64_t mask = 0;
  for (const Place& place : kPlaces) mask |= std::uint64_t{1} << place.bit;
  return mask;
}

std::optional<ThreadRegisters> RegistersOfSample(std::uint64_t abi, std::span<const std::uint64_t> values) {
  if (abi != PERF_SAMPLE_REGS_ABI_64 || values.size() != kPlaces.size()) return std::nullopt;
  ThreadRegisters registers;
  registers.raw.orig_rax = ~0ULL;  // in no system call, as far as is known
  for (std::size_t i = 0; i < kPlaces.size(); ++i) registers.raw.*kPlaces[i].member = values[i];
  return registers;
}

}  // namespace mqtrack::threads
