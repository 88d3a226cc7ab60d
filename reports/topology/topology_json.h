// A topology for programs: schema mqtrack-topology/1 (docs/json.md).
#pragma once

#include <string>

#include "reports/topology/topology_report.h"

namespace mqtrack::reports {

[[nodiscard]] std::string RenderTopologyJson(const TopologyReport& report);

}  // namespace mqtrack::reports
