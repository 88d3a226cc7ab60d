// x86-64. See cpu_registers.h.
#pragma once

#include <elf.h>
#include <linux/audit.h>
#include <sys/user.h>

#include <cstdint>

namespace mqtrack::threads {

using CpuRegisters = user_regs_struct;

[[nodiscard]] inline std::uint64_t CodeAddress(const CpuRegisters& registers) { return registers.rip; }

inline constexpr int kExtendedState = NT_X86_XSTATE;
inline constexpr std::uint32_t kAuditArchitecture = AUDIT_ARCH_X86_64;

}  // namespace mqtrack::threads
