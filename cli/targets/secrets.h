// Passwords and tokens: from files or the environment, since everybody can read a command line.
#pragma once

#include <string>

#include "cli/messages.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// The first line of `file`, if one was given by `option`, else the value of the environment's `variable`; empty if
/// neither is there. An empty or unreadable file is an error, one that others can read a warning.
[[nodiscard]] support::Result<std::string> ReadSecret(const std::string& option, const std::string& file,
                                                      const char* variable, const Messages& messages);

}  // namespace mqtrack::cli
