// A capture of processor time as a Profile, which every command reads like any other.
#pragma once

#include <string>

#include "libtrack/cpu/cpu_capture.h"
#include "libtrack/profile/profile.h"
#include "libtrack/symbolize/symbolizer.h"

namespace mqtrack::cpu {

/// Sample types `samples` (count) and `cpu` (nanoseconds), label `thread`. How it was captured and what that cost goes
/// into comments, as facts and in words.
[[nodiscard]] profile::Profile ProfileOfCapture(const CpuCapture& capture, bool symbolize,
                                                const symbolize::Options& symbols);

/// "by events of the kernel" or "by stopping threads at work", with what it cost.
[[nodiscard]] std::string CostSentence(const CpuCapture& capture);

}  // namespace mqtrack::cpu
