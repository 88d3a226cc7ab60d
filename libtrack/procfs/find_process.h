// Any process of this machine, recorded or not, by its pid or name.
#pragma once

#include <sys/types.h>

#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::procfs {

/// A pid in digits, or a name: what /proc/PID/comm says or the base name of the executable. Kernel threads and the
/// calling process are not found by name. No match, or several, is an error that says what to do.
[[nodiscard]] support::Result<pid_t> FindProcess(const std::string& pid_or_name);

}  // namespace mqtrack::procfs
