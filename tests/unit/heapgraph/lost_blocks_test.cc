#include "libtrack/heapgraph/lost_blocks.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/heapgraph/graph_builder.h"

namespace mqtrack::heapgraph {
namespace {

LostBlocks Find(const HandMade& made) { return FindLostBlocks(made.graph, made.blocks); }

TEST(LostBlocksTest, WhatARootLeadsToIsHeld) {
  const LostBlocks lost = Find(MakeGraph(4, {{0, 1}, {1, 2}}, {0}));
  EXPECT_EQ(lost.is_lost, (std::vector<bool>{false, false, false, true}));
  ASSERT_EQ(lost.heads.size(), 1u);
  EXPECT_EQ(lost.heads[0].block, BlockId{3});
  EXPECT_EQ(lost.bytes, kBlockBytes);
}

TEST(LostBlocksTest, AHeadTakesWhatHangsFromIt) {
  const LostBlocks lost = Find(MakeGraph(4, {{2, 0}, {0, 1}, {2, 3}}, {}));
  ASSERT_EQ(lost.heads.size(), 1u);
  EXPECT_EQ(lost.heads[0].block, BlockId{2});
  EXPECT_EQ(lost.heads[0].blocks, 4u);
  EXPECT_EQ(lost.heads[0].ring_blocks, 0u);
}

TEST(LostBlocksTest, ARingIsOneLossWithWhatHangsFromIt) {
  const LostBlocks lost = Find(MakeGraph(5, {{0, 1}, {1, 2}, {2, 0}, {1, 3}}, {4}));
  ASSERT_EQ(lost.heads.size(), 1u);
  EXPECT_EQ(lost.heads[0].ring_blocks, 3u);
  EXPECT_EQ(lost.heads[0].blocks, 4u);
}

TEST(LostBlocksTest, ARingThatALostBlockPointsToIsNoHead) {
  const LostBlocks lost = Find(MakeGraph(3, {{0, 1}, {1, 0}, {2, 0}}, {}));
  ASSERT_EQ(lost.heads.size(), 1u);
  EXPECT_EQ(lost.heads[0].block, BlockId{2});
}

TEST(LostBlocksTest, WhatTwoHeadsHoldIsCountedOnce) {
  const LostBlocks lost = Find(MakeGraph(3, {{0, 2}, {1, 2}}, {}));
  ASSERT_EQ(lost.heads.size(), 2u);
  EXPECT_EQ(lost.heads[0].blocks + lost.heads[1].blocks, 3u);
  EXPECT_EQ(lost.blocks, 3u);
}

TEST(LostBlocksTest, WhatMayNotBeLostHoldsOthers) {
  const HandMade made = MakeGraph(3, {{0, 1}}, {});
  const LostBlocks lost = FindLostBlocks(made.graph, made.blocks, {false, true, true});
  EXPECT_EQ(lost.is_lost, (std::vector<bool>{false, false, true}));
}

// Both as a list and as a ring.
TEST(LostBlocksTest, AMillionBlocksInARowTakeNoStack) {
  constexpr std::uint32_t kMany = 1'000'000;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;
  for (std::uint32_t i = 0; i + 1 < kMany; ++i) edges.emplace_back(i, i + 1);
  const LostBlocks list = Find(MakeGraph(kMany, edges, {}));
  ASSERT_EQ(list.heads.size(), 1u);
  EXPECT_EQ(list.heads[0].blocks, kMany);
  edges.emplace_back(kMany - 1, 0);
  const LostBlocks ring = Find(MakeGraph(kMany, edges, {}));
  ASSERT_EQ(ring.heads.size(), 1u);
  EXPECT_EQ(ring.heads[0].ring_blocks, kMany);
}

/// Reachability by trying again until nothing changes.
std::vector<bool> Held(std::uint32_t count, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& edges,
                       const std::vector<std::uint32_t>& from) {
  std::vector<bool> held(count);
  for (const std::uint32_t block : from) held[block] = true;
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& [a, b] : edges) {
      if (held[a] && !held[b]) held[b] = changed = true;
    }
  }
  return held;
}

TEST(LostBlocksTest, AgreesWithTryingOutOnRandomGraphs) {
  std::mt19937 generator(14);
  const auto below = [&](std::uint32_t limit) { return static_cast<std::uint32_t>(generator() % limit); };
  for (int round = 0; round < 500; ++round) {
    const std::uint32_t count = 1 + below(12);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;
    for (std::uint32_t i = below(20); i > 0; --i) {
      const std::uint32_t a = below(count), b = below(count);
      if (a != b) edges.emplace_back(a, b);
    }
    std::vector<std::uint32_t> roots;
    for (std::uint32_t i = below(3); i > 0; --i) roots.push_back(below(count));
    const LostBlocks lost = Find(MakeGraph(count, edges, roots));
    const std::vector<bool> held = Held(count, edges, roots);
    std::uint64_t blocks = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      ASSERT_NE(lost.is_lost[i], held[i]);
      blocks += lost.is_lost[i];
    }
    EXPECT_EQ(lost.blocks, blocks) << "each once";
    for (const LostHead& head : lost.heads) {
      // Nobody lost leads to a head but its own ring.
      const std::vector<bool> ring = Held(count, edges, {static_cast<std::uint32_t>(head.block)});
      for (std::uint32_t i = 0; i < count; ++i) {
        const bool leads = lost.is_lost[i] && Held(count, edges, {i})[static_cast<std::size_t>(head.block)];
        EXPECT_TRUE(!leads || ring[i]);
      }
    }
  }
}

}  // namespace
}  // namespace mqtrack::heapgraph
