// The stacks of Go's goroutines as text for people: /debug/pprof/goroutine?debug=2, runtime.Stack, and what a Go
// program prints when it ends by SIGQUIT or a panic. Written by Go's runtime/traceback.go.
#pragma once

#include <string_view>

#include "libtrack/profile/formats/text/text_lines.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::profile {

/// True for "goroutine 268 [select, 124 minutes]:".
[[nodiscard]] bool IsGoroutineHeader(std::string_view line);

/// Parses it: a count of goroutines by stack, with the labels state ("select"), created_by ("main.run main.go:12") and
/// waiting (minutes, where Go says so: from one on). Goroutines of the runtime itself are left out, as Go does in its
/// profiles. What stands between and behind the stacks, such as registers, is skipped. A stack that breaks off in the
/// middle of a frame is an error with its line.
[[nodiscard]] support::Result<Profile> ParseGoroutineDump(LineCursor lines);

}  // namespace mqtrack::profile
