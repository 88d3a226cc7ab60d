// Holding chains as text: for each shape its root and its steps, a line each, and what they would be freed with.
#pragma once

#include <string>

#include "reports/text/chains_options.h"

namespace mqtrack::reports {

[[nodiscard]] std::string RenderChainsText(const ChainsOptions& options);

}  // namespace mqtrack::reports
