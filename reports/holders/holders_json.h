// Holders as JSON: schema "mqtrack-holders/1" of docs/json.md.
#pragma once

#include <string>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::reports {

/// `profile` is a reference profile; `name` as the user wrote it.
[[nodiscard]] support::Result<std::string> RenderHoldersJson(const profile::Profile& profile, const std::string& name);

}  // namespace mqtrack::reports
