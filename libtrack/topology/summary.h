// From sums to what is told: percentiles, order, circles, what stands out.
#pragma once

#include <vector>

#include "libtrack/topology/topology.h"
#include "libtrack/topology/topology_builder.h"

namespace mqtrack::topology {

/// Adds one call or message, from the span that caused it to the one that handles it.
void AddToEdge(EdgeSums& edge, const WindowSpan& cause, const WindowSpan& span);

[[nodiscard]] Topology Summarize(std::vector<ServiceSums> services, std::vector<EdgeSums> edges, Reading reading);

}  // namespace mqtrack::topology
