// Which allocations a sampled recording keeps: Poisson by bytes, so that every byte has the same chance and the
// estimate 1 / (1 - exp(-size / interval)) per kept block is unbiased (the scheme of gperftools, tcmalloc and Go).
#pragma once

#include <cstdint>

#include "preload/recorder/thread_state.h"

namespace mqtrack::recorder {

/// Counts an allocation of `bytes` before which no sample point lies. False: one may, and nothing was counted: see
/// IsSampled. Touches only `thread`.
[[nodiscard]] inline bool IsBeforeSample(ThreadState& thread, std::uint64_t bytes) {
  const std::uint64_t counted = bytes < (std::uint64_t{1} << 62) ? bytes : std::uint64_t{1} << 62;
  if (thread.until_sample <= static_cast<std::int64_t>(counted)) return false;
  thread.until_sample -= static_cast<std::int64_t>(counted);
  return true;
}

/// True if this allocation of `bytes` is to be kept. `interval`: mean bytes between samples. Touches only `thread`.
[[nodiscard]] bool IsSampled(ThreadState& thread, std::uint64_t bytes, std::uint64_t interval);

/// How many blocks of this size one kept block stands for, in units of 1 / log::kSampleUnit, rounded to nearest.
[[nodiscard]] std::uint64_t SampleWeight(std::uint64_t bytes, std::uint64_t interval);

/// e^-x for x >= 0 and -ln(u) for 0 < u <= 1, without libm (the recorder links nothing but libc). Error below 1e-12
/// relative.
[[nodiscard]] double ExpNegative(double x);
[[nodiscard]] double NegativeLog(double u);

}  // namespace mqtrack::recorder
