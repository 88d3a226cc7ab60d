// The text that Go's net/http/pprof gives with ?debug=1, for heap, allocs, goroutine and threadcreate. Written by Go's
// runtime/pprof/pprof.go; its '#' lines name every frame, so no binary is needed.
#pragma once

#include "libtrack/profile/formats/text/text_lines.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::profile {

/// Parses it. Sample types and values are those of the same endpoint's protobuf: alloc_*, inuse_* (unsampled), or
/// "goroutine" or "threadcreate". A malformed line is an error with its number.
[[nodiscard]] support::Result<Profile> ParseGoText(LineCursor lines);

}  // namespace mqtrack::profile
