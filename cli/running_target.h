// A TARGET whose memory is looked at: it must be a recorded process that runs.
#pragma once

#include <string>
#include <vector>

#include "libtrack/process/discovery.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// The process that a pid, a name or a log means. An error says that files and URLs hold no memory, or that it has
/// ended.
[[nodiscard]] support::Result<process::RecordedProcess> FindRunning(const std::string& target,
                                                                    const std::string& log_dir);

/// Why the recording does not tell exactly what is alive, so that who holds it cannot be said either; nothing if it
/// does.
[[nodiscard]] std::vector<std::string> ReasonsNotToLook(const process::RecordedProcess& process);

}  // namespace mqtrack::cli
