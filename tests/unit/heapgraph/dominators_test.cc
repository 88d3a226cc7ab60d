#include "libtrack/heapgraph/dominators.h"

#include <gtest/gtest.h>

#include <random>
#include <utility>

namespace mqtrack::heapgraph {
namespace {

using Edges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

FlowGraph Make(std::uint32_t nodes, const Edges& edges) {
  std::vector<std::vector<std::uint32_t>> targets(nodes);
  for (const auto& [from, to] : edges) targets[from].push_back(to);
  FlowGraph graph;
  for (const std::vector<std::uint32_t>& own : targets) {
    graph.first.push_back(graph.targets.size());
    graph.targets.insert(graph.targets.end(), own.begin(), own.end());
  }
  graph.first.push_back(graph.targets.size());
  return graph;
}

/// What the root reaches without `left_out`.
std::vector<bool> Reached(const FlowGraph& graph, std::uint32_t left_out) {
  std::vector<bool> reached(graph.nodes());
  if (left_out == 0) return reached;
  std::vector<std::uint32_t> queue = {0};
  reached[0] = true;
  while (!queue.empty()) {
    const std::uint32_t node = queue.back();
    queue.pop_back();
    for (const std::uint32_t target : graph.TargetsOf(node)) {
      if (target == left_out || reached[target]) continue;
      reached[target] = true;
      queue.push_back(target);
    }
  }
  return reached;
}

// The graph of Lengauer and Tarjan's paper: R is 0, A is 1 …
TEST(DominatorsTest, TheClassicalExample) {
  enum : std::uint32_t { R, A, B, C, D, E, F, G, H, I, J, K, L };
  const DominatorTree tree =
      FindDominators(Make(13, {{R, A}, {R, B}, {R, C}, {A, D}, {B, A}, {B, D}, {B, E}, {C, F}, {C, G}, {D, L}, {E, H},
                               {F, I}, {G, I}, {G, J}, {H, E}, {H, K}, {I, K}, {J, I}, {K, I}, {K, R}, {L, H}}));
  const std::vector<std::uint32_t> expected = {kNoNode, R, R, R, R, R, C, C, R, R, G, R, D};
  EXPECT_EQ(tree.parent, expected);
}

TEST(DominatorsTest, WhatTheRootDoesNotReachHasNone) {
  const DominatorTree tree = FindDominators(Make(4, {{0, 1}, {2, 3}, {2, 1}}));
  EXPECT_EQ(tree.parent, (std::vector<std::uint32_t>{kNoNode, 0, kNoNode, kNoNode}));
  EXPECT_EQ(tree.order, (std::vector<std::uint32_t>{0, 1}));
}

TEST(DominatorsTest, AMillionNodesInARowAndBack) {
  constexpr std::uint32_t kMany = 1'000'000;
  Edges edges;
  for (std::uint32_t i = 0; i + 1 < kMany; ++i) edges.emplace_back(i, i + 1), edges.emplace_back(i + 1, i);
  const DominatorTree tree = FindDominators(Make(kMany, edges));
  for (std::uint32_t i = 1; i < kMany; ++i) ASSERT_EQ(tree.parent[i], i - 1);
}

// A dominates B if nothing reaches B once A is taken away.
TEST(DominatorsTest, AgreesWithTakingNodesAway) {
  std::mt19937 generator(14);
  const auto below = [&](std::uint32_t limit) { return static_cast<std::uint32_t>(generator() % limit); };
  for (int round = 0; round < 400; ++round) {
    const std::uint32_t nodes = 2 + below(14);
    Edges edges;
    for (std::uint32_t i = below(40); i > 0; --i) edges.emplace_back(below(nodes), below(nodes));
    const FlowGraph graph = Make(nodes, edges);
    const DominatorTree tree = FindDominators(graph);
    const std::vector<bool> reached = Reached(graph, kNoNode);
    for (std::uint32_t node = 1; node < nodes; ++node) {
      if (!reached[node]) {
        ASSERT_EQ(tree.parent[node], kNoNode);
        continue;
      }
      for (std::uint32_t other = 0; other < nodes; ++other) {
        bool is_above = false;
        for (std::uint32_t at = tree.parent[node]; at != kNoNode; at = tree.parent[at]) is_above |= at == other;
        const bool dominates = other != node && !Reached(graph, other)[node];
        ASSERT_EQ(is_above, dominates && reached[other]) << other << " above " << node;
      }
    }
  }
}

}  // namespace
}  // namespace mqtrack::heapgraph
