// Profiles of waiting for locks: "--- contentionz 1 ---" of C++ servers, "--- contention:" and "--- mutex:" of Go's
// /debug/pprof/block?debug=1 and mutex?debug=1. Written by Go's runtime/pprof/pprof.go and by gperftools' contention
// profilers; scaling as in google/pprof profile/legacy_profile.go.
#pragma once

#include "libtrack/profile/formats/text/text_lines.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::profile {

/// Parses it: contentions (count) and delay, in nanoseconds, or in cycles where the file does not say how many make a
/// second. A malformed line is an error with its number.
[[nodiscard]] support::Result<Profile> ParseContention(LineCursor lines);

}  // namespace mqtrack::profile
