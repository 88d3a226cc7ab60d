// The frame that the kernel lays on a stack for a signal handler, and takes everything of the thread back from in
// rt_sigreturn. See arch/x86/include/uapi/asm/sigcontext.h and arch/x86/kernel/signal_64.c of Linux.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "libtrack/threads/cpu_registers.h"
#include "libtrack/threads/seized_thread.h"

namespace mqtrack::attach {

/// Bytes that a frame for this context takes, with room to align it.
[[nodiscard]] std::size_t SignalFrameBytes(const threads::ThreadContext& context);

/// The frame, to be written to `address`, which must be 16-aligned plus 8. Its first word, `restorer`, is where a
/// function returns to that was entered with the stack pointer at `address`.
[[nodiscard]] std::vector<std::byte> MakeSignalFrame(const threads::ThreadContext& context,
                                                     const threads::CpuRegisters& registers, std::uint64_t address,
                                                     std::uint64_t restorer);

/// A frame without floating point and vector registers, which are cleared by it: for one system call on the way. All
/// signals stay blocked.
[[nodiscard]] std::vector<std::byte> MakeSmallFrame(const threads::CpuRegisters& registers, std::uint64_t restorer);
/// Bytes of that, and where in it the first argument of the system call stands.
inline constexpr std::size_t kSmallFrameBytes = 312, kFirstArgumentInFrame = 112;

}  // namespace mqtrack::attach
