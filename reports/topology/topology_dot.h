// A topology as a graph in Graphviz' language: services as boxes, wide arrows for what is called often, red for what is
// slow or closes a circle, dashed arrows for messages.
#pragma once

#include <string>

#include "reports/topology/topology_report.h"

namespace mqtrack::reports {

/// The widest `most_edges` edges, and every one that lies on a circle; 0: all. Pictures are laid out by graph_layout.h.
[[nodiscard]] std::string RenderTopologyDot(const TopologyReport& report, std::size_t most_edges);

}  // namespace mqtrack::reports
