// Where mqtrack keeps what shall outlive it.
#pragma once

#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// /var/lib/mqtrack/LEAF of root; else below XDG_STATE_HOME, or ~/.local/state. An error where there is neither:
/// `option` names another one.
[[nodiscard]] support::Result<std::string> StateFolder(const std::string& leaf, const std::string& option);

}  // namespace mqtrack::cli
