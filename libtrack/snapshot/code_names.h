// Names that a running process itself gives to code that it made. Private to the module.
#pragma once

#include <sys/types.h>

#include <memory>

#include "libtrack/symbolize/perf_map.h"

namespace mqtrack::snapshot {

/// What the process wrote into /tmp/perf-PID.map, with the pid that it has for itself, and below its own root. Null if
/// there is none, or one that neither the process's user nor root wrote: anybody may write to /tmp.
[[nodiscard]] std::shared_ptr<const symbolize::PerfMap> ReadCodeNames(pid_t pid);

}  // namespace mqtrack::snapshot
