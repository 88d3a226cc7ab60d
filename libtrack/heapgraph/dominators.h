// Who alone holds what: a node dominates another if every way from the root to that one leads through it. What a node
// dominates would be gone with it.
//
// Semi-NCA: Georgiadis, Linear-Time Algorithms for Dominators and Related Problems (2005), section 2.3. Nearly linear
// in practice, however long the lists are that the graph consists of, and without recursion.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mqtrack::heapgraph {

/// Nodes are numbers; 0 is the root.
struct FlowGraph {
  std::vector<std::uint64_t> first;  // by node, and one more: where its targets begin
  std::vector<std::uint32_t> targets;
  [[nodiscard]] std::uint32_t nodes() const { return static_cast<std::uint32_t>(first.size() - 1); }
  [[nodiscard]] std::span<const std::uint32_t> TargetsOf(std::uint32_t node) const {
    return {targets.data() + first[node], targets.data() + first[node + 1]};
  }
};

inline constexpr std::uint32_t kNoNode = 0xffffffff;

struct DominatorTree {
  std::vector<std::uint32_t>
      parent;  // by node: its immediate dominator; kNoNode of the root and of what it does not reach
  std::vector<std::uint32_t> order;  // all nodes that the root reaches, each behind its parent
};

[[nodiscard]] DominatorTree FindDominators(const FlowGraph& graph);

}  // namespace mqtrack::heapgraph
