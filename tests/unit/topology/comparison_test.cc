#include "libtrack/topology/comparison.h"

#include <gtest/gtest.h>

#include "tests/unit/topology/log_lines.h"

namespace mqtrack::topology {
namespace {

std::string Calls(const std::string& to, int count, int duration_ms) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    const std::string trace = to + std::to_string(i);
    text += Line(trace, 1, 0, "a") + Line(trace, 2, 1, to, i, duration_ms);
  }
  return text;
}

TEST(Comparison, WhatIsNewGoneAndSlower) {
  const Topology base = Read(Calls("b", 200, 10) + Calls("c", 20, 10) + Calls("d", 1, 10));
  const Topology now = Read(Calls("b", 200, 30) + Calls("c", 20, 20) + Calls("e", 5, 1));
  const Comparison comparison = Compare(now, base);
  ASSERT_EQ(Edges(now), "a->b*200, a->c*20, a->e*5");
  EXPECT_NEAR(comparison.edges[0].times, 3, 0.1);
  EXPECT_FALSE(comparison.edges[0].by_median);
  EXPECT_NEAR(comparison.edges[1].times, 2, 0.1);
  EXPECT_TRUE(comparison.edges[1].by_median);
  EXPECT_EQ(comparison.edges[2].base, nullptr);
  ASSERT_EQ(comparison.gone.size(), 1u);
  EXPECT_EQ(EdgeName(base, *comparison.gone[0]), "a -> d");
  EXPECT_EQ(comparison.is_new_service, (std::vector<bool>{false, false, false, true}));
}

TEST(Comparison, ACircleIsNewByTheServicesOnIt) {
  const std::string there = Line("t", 1, 0, "a") + Line("t", 2, 1, "b");
  const Topology base = Read(there), now = Read(there + Line("t", 3, 2, "a"));
  EXPECT_EQ(Compare(now, base).is_new_cycle, std::vector<bool>{true});
  EXPECT_EQ(Compare(now, now).is_new_cycle, std::vector<bool>{false});
}

TEST(Comparison, LessThanAMillisecondIsNoTimeToCompareWith) {
  EXPECT_EQ(Compare(Read(Calls("b", 20, 1)), Read(Calls("b", 20, 0))).edges[0].times, 1);
  EXPECT_NEAR(Compare(Read(Calls("b", 20, 40)), Read(Calls("b", 20, 0))).edges[0].times, 40, 2);
}

TEST(Comparison, TooFewCallsAreNotCompared) {
  EXPECT_EQ(Compare(Read(Calls("b", 9, 90)), Read(Calls("b", 9, 1))).edges[0].times, 0);
}

}  // namespace
}  // namespace mqtrack::topology
