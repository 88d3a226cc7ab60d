// A log made here for a process that lives under another root, or under another pid: it lies where mqtrack looks for it
// and carries the name that the process has here. Private to this module.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "libtrack/support/file.h"
#include "libtrack/support/result.h"

namespace mqtrack::process {

struct LogForTarget {
  support::FileHandle file;  // empty
  std::string path;
  std::uint64_t start_ticks = 0;
  std::uint32_t uid = 0;  // of the process
};

/// Makes it in `log_dir`; empty: the default directory of the process's user if we are root, else ours. One of the
/// same process that is there already is replaced.
[[nodiscard]] support::Result<LogForTarget> MakeLogForTarget(pid_t pid, const std::string& log_dir);

/// Makes the directory of logs of the process's user, if it is missing: for a recorder that may not make one.
[[nodiscard]] support::Status MakeLogDirectory(pid_t pid, const std::string& log_dir);

}  // namespace mqtrack::process
