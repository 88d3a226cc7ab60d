// Owners as JSON: schema "mqtrack-owners/1" of docs/json.md.
#pragma once

#include <string>

#include "reports/text/owners_options.h"

namespace mqtrack::reports {

[[nodiscard]] std::string RenderOwnersJson(const OwnersOptions& options);

}  // namespace mqtrack::reports
