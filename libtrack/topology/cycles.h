// Circles in a graph of services.
#pragma once

#include <cstdint>
#include <vector>

#include "libtrack/topology/topology.h"
#include "libtrack/topology/topology_builder.h"

namespace mqtrack::topology {

/// Fills `topology.cycles`, whose services and edges are there, in the order of `edges`. Circles that some trace went
/// through come first, each as it was gone. Calls between services that reach each other, but not in one trace that was
/// seen, are covered by shortest circles: every call that lies on any circle lies on one that is listed, up to 200.
void FindCycles(const std::vector<EdgeSums>& edges, Topology& topology);

/// The strongly connected component of each of `nodes` nodes (Tarjan's algorithm, without recursion). `next[n]` are the
/// nodes that n leads to.
[[nodiscard]] std::vector<std::uint32_t> StrongComponents(const std::vector<std::vector<std::uint32_t>>& next);

}  // namespace mqtrack::topology
