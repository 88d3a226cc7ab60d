// gperftools' heap text: what HEAPPROFILE, GetHeapSample and the growth profiler write, and every program that copied
// the format. Described in gperftools src/heap-profile-table.cc; scaling as in google/pprof profile/legacy_profile.go.
#pragma once

#include "libtrack/profile/formats/text/text_lines.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::profile {

/// Parses a file that starts with "heap profile:". Types heapprofile (exact), heap_v2/R, heapz_v2/R and heap/2R
/// (sampled, numbers are unsampled), growth and fragmentation. A malformed line is an error with its number.
[[nodiscard]] support::Result<Profile> ParseGperftoolsHeap(LineCursor lines);

}  // namespace mqtrack::profile
