// Owners as text.
#pragma once

#include <string>
#include <string_view>

#include "reports/text/owners_options.h"

namespace mqtrack::reports {

/// "client pump7", "shared".
[[nodiscard]] std::string OwnerTitle(std::string_view kind, std::string_view name);

[[nodiscard]] std::string RenderOwnersText(const OwnersOptions& options);

}  // namespace mqtrack::reports
