// What a process sees of the machine: in a container, files and processes have other names than here. Private to this
// module.
#pragma once

#include <sys/types.h>

#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::attach {

/// True if the process calls itself by the pid that we call it by.
[[nodiscard]] bool SharesPids(pid_t pid);

/// True if `path` is the same file for the process as for us. Where both share one root, that is so even if there is no
/// such file yet.
[[nodiscard]] bool SeesTheSame(pid_t pid, const std::string& path);

/// True if the user that the process runs as may read the file that we call `path`, as far as its mode tells.
[[nodiscard]] bool MayRead(pid_t pid, const std::string& path);

/// An error if the process has no /proc, without which neither the recorder nor anybody else can look at it.
[[nodiscard]] support::Status CheckHasProc(pid_t pid);

}  // namespace mqtrack::attach
