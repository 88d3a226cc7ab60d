// What the kernel and the log know of the files that a process has mapped, for the symbolizer. Private to the module.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "libtrack/log/reader.h"
#include "libtrack/profile/profile.h"
#include "libtrack/symbolize/symbolizer.h"

namespace mqtrack::snapshot {

/// Tells `options` of each mapping of `profile` what `modules` (of its log; may be empty) say of its load address, and,
/// if `running_pid` is not 0, how to open the file that this process has mapped there and to read its memory.
/// `recorded_since_ns`: when the recording began, Unix time in nanoseconds; 0: not known, or the files are elsewhere.
void AddLoadedFiles(const profile::Profile& profile, const std::vector<log::LogModule>& modules, pid_t running_pid,
                    std::int64_t recorded_since_ns, symbolize::Options& options);

}  // namespace mqtrack::snapshot
