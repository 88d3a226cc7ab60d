// jemalloc's heap text ("heap_v2/<rate>"), written by prof.dump and at exit. Described in jemalloc(3), HEAP PROFILE
// FORMAT, and src/prof_data.c.
#pragma once

#include "libtrack/profile/formats/text/text_lines.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::profile {

/// Parses it. Counts are unsampled backtrace by backtrace; alloc_* types are there only if the program ran with
/// prof_accum. A malformed line is an error with its number.
[[nodiscard]] support::Result<Profile> ParseJemallocHeap(LineCursor lines);

}  // namespace mqtrack::profile
