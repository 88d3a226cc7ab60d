// Registers as the kernel puts them into the samples of perf_event_open (PERF_SAMPLE_REGS_USER). In
// sampled_registers_x86_64.cc and its like.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "libtrack/threads/thread_registers.h"

namespace mqtrack::threads {

/// For perf_event_attr::sample_regs_user: those that unwinding needs.
[[nodiscard]] std::uint64_t SampledRegisterMask();

/// Registers of a sample that has those of the mask, in the order of its bits. `abi` is the word before them. Nothing
/// for a thread that runs 32-bit code, and for what is no thread of a process.
[[nodiscard]] std::optional<ThreadRegisters> RegistersOfSample(std::uint64_t abi,
                                                               std::span<const std::uint64_t> values);

}  // namespace mqtrack::threads
