// A name for the recorder that LD_PRELOAD can hold.
#pragma once

#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::process {

/// `library` itself, or, since the loader splits LD_PRELOAD at blanks and colons and knows no escape for them, a link
/// to it in the caller's default log directory, which is private and in whose path there are none. The link stays:
/// daemons and children that are executed later need it too.
[[nodiscard]] support::Result<std::string> PreloadPath(const std::string& library);

}  // namespace mqtrack::process
