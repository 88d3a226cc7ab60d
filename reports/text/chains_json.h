// Holding chains as JSON: schema "mqtrack-why/1" of docs/json.md.
#pragma once

#include <string>

#include "reports/text/chains_options.h"

namespace mqtrack::reports {

[[nodiscard]] std::string RenderChainsJson(const ChainsOptions& options);

}  // namespace mqtrack::reports
