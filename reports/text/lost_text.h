// Lost memory as text.
#pragma once

#include <string>

#include "libtrack/analysis/lost_sites.h"
#include "reports/text/lost_options.h"

namespace mqtrack::reports {

[[nodiscard]] std::string RenderLostText(const analysis::LostTable& lost, const LostOptions& options);

}  // namespace mqtrack::reports
