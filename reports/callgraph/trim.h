// Cuts a call graph down to what a person can read, by pprof's rules (internal/report newTrimmedGraph): light nodes go
// first, then all but the most telling ones, then light edges, then dotted edges that say nothing new. The graph is
// rebuilt from the samples after each choice of nodes, so that no value is lost or counted twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "reports/callgraph/graph.h"

namespace mqtrack::reports {

struct TrimOptions {
  int max_nodes = 80;  // 0: no limit
  double node_fraction = 0.005, edge_fraction = 0.001;
};

struct TrimmedGraph {
  CallGraph graph;
  std::vector<NodeId> order;  // the most telling first
  std::size_t nodes_after_cutoff = 0;
  std::size_t dropped_nodes = 0, dropped_edges = 0;
  std::int64_t node_cutoff = 0, edge_cutoff = 0;
};

[[nodiscard]] TrimmedGraph TrimGraph(const profile::Profile& profile, const StackSet& set, const TrimOptions& options);

/// Text tags are drawn as boxes of their own, at most this many per node.
inline constexpr std::size_t kMaxNodelets = 4;

}  // namespace mqtrack::reports
