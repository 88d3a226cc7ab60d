// Lost memory as JSON: schema "mqtrack-lost/1" of docs/json.md.
#pragma once

#include <string>

#include "libtrack/analysis/lost_sites.h"
#include "reports/text/lost_options.h"

namespace mqtrack::reports {

[[nodiscard]] std::string RenderLostJson(const analysis::LostTable& lost, const LostOptions& options);

}  // namespace mqtrack::reports
