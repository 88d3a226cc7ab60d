// Names for the addresses of a profile, and what is to be said of them.
#pragma once

#include <cstdint>
#include <vector>

#include "libtrack/log/reader.h"
#include "libtrack/profile/profile.h"
#include "libtrack/symbolize/symbolizer.h"

namespace mqtrack::snapshot {

/// Symbolizes `profile` and adds a note about modules without symbols. `running_pid`: the process it is of, whose own
/// root directory then counts (a container, a chroot); 0 if that has ended.
/// `modules`: those of its log, if it is of one; `recorded_since_ns`: when that was begun, Unix time in nanoseconds.
void AddSymbols(profile::Profile& profile, const symbolize::Options& options, std::int64_t running_pid,
                const std::vector<log::LogModule>& modules = {}, std::int64_t recorded_since_ns = 0);

/// Names later, and maybe elsewhere, what a profile lacks names for: a file counts only if its build id is the recorded
/// one. What was said of names before is replaced.
void AddNamesLater(profile::Profile& profile, const symbolize::Options& options);

}  // namespace mqtrack::snapshot
