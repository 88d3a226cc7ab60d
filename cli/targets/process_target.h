// Verbs that act on a process itself, recorded or not: which one is meant.
#pragma once

#include <sys/types.h>

#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// A pid, or the name of any process. With a directory of logs, a name is one of those that are recorded there, or
/// were.
[[nodiscard]] support::Result<pid_t> FindProcessFor(const std::string& pid_or_name, const std::string& log_dir);

}  // namespace mqtrack::cli
