// A topology for people.
#pragma once

#include <string>

#include "reports/topology/topology_report.h"

namespace mqtrack::reports {

struct TopologyTextOptions {
  std::size_t rows = 0;  // of services and of edges at most; 0: all
  int width_columns = 0;
  bool colour = false;
};

/// Tables of services and edges, circles, what is refused, and what could not be used.
[[nodiscard]] std::string RenderTopologyText(const TopologyReport& report, const TopologyTextOptions& options);

}  // namespace mqtrack::reports
