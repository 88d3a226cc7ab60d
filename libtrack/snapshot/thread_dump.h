// What every thread of a running process is doing, as a Profile: one sample per thread with its current stack.
#pragma once

#include <sys/types.h>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"
#include "libtrack/symbolize/symbolizer.h"

namespace mqtrack::snapshot {

/// Stops the process for a moment (process/thread_capture.h) and symbolizes. The one sample type is `threads`. Labels
/// of each sample: `thread` (its name), `state`, `wait` (the system call it is blocked in); and of this moment only:
/// `age` (nanoseconds since it was started), `tid`, `waits_for` (that call with what it waits on), `waited`
/// (nanoseconds since it last ran, if known).
[[nodiscard]] support::Result<profile::Profile> DumpThreads(pid_t pid, const symbolize::Options& symbols);

/// The same without the labels of the moment, threads that then look alike counted together: what may be written to a
/// file and compared with another one.
[[nodiscard]] support::Result<profile::Profile> WithoutMoment(profile::Profile dump);

}  // namespace mqtrack::snapshot
