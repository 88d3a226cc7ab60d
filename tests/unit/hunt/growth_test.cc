// What growth in phases of 10, 20, 40 and 80 rounds means.
#include "libtrack/hunt/growth.h"

#include <gtest/gtest.h>

namespace mqtrack::hunt {
namespace {

const std::vector<std::int64_t> kRounds = {10, 20, 40, 80};

Judgement Of(const std::vector<Tally>& growth) {
  return Judge(growth, {kRounds.begin(), kRounds.begin() + static_cast<std::ptrdiff_t>(growth.size())});
}

TEST(GrowthTest, AsTheRoundsIsALeakToTheByte) {
  const Judgement judgement = Of({{20, 1000}, {40, 2000}, {80, 4000}});
  EXPECT_EQ(judgement.course, Course::kLeak);
  EXPECT_TRUE(judgement.is_exact);
  EXPECT_EQ(judgement.total.bytes, 7000);
  EXPECT_EQ(judgement.rounds, 70);
}

TEST(GrowthTest, OneInTwoRoundsIsALeakToo) {
  const Judgement judgement = Of({{5, 50}, {10, 100}, {20, 200}});
  EXPECT_EQ(judgement.course, Course::kLeak);
  EXPECT_TRUE(judgement.is_exact);
}

TEST(GrowthTest, WhatHasNoBytesIsCounted) {
  const Judgement judgement = Of({{10, 0}, {20, 0}, {40, 0}});
  EXPECT_EQ(judgement.course, Course::kLeak);
  EXPECT_TRUE(judgement.is_exact);
}

TEST(GrowthTest, ATableThatGrowsAlongMakesItUneven) {
  // 433,444 and then 876,104 bytes in twice the rounds, as an open leak of a broker grew.
  const Judgement judgement = Judge({{1000, 433'444}, {2000, 876'104}}, {500, 1000});
  EXPECT_EQ(judgement.course, Course::kLeak);
  EXPECT_FALSE(judgement.is_exact);
}

TEST(GrowthTest, WhatStopsHasSettled) {
  EXPECT_EQ(Of({{1, 960}, {0, 0}}).course, Course::kSettled);
  EXPECT_EQ(Of({{3, 300}, {4, 400}, {0, 0}}).course, Course::kSettled);
  EXPECT_EQ(Of({{3, 300}, {4, 400}, {-7, -700}}).course, Course::kSettled);
}

TEST(GrowthTest, AStepIsNotSettled) {
  EXPECT_EQ(Of({{0, 0}, {1, 960}}).course, Course::kNotSettled);
  EXPECT_EQ(Of({{0, 0}, {0, 960}, {0, 1920}}).course, Course::kNotSettled);
}

TEST(GrowthTest, NothingAndLessAreNothing) {
  EXPECT_EQ(Of({{0, 0}, {0, 0}}).course, Course::kNone);
  EXPECT_EQ(Of({{-5, -50}, {0, 0}}).course, Course::kNone);
}

TEST(CensusTest, ComparesByPlace) {
  const auto at = [](unsigned stack, std::int64_t objects) {
    return Census::Row{{log::Kind::kHeapBlock, log::StackId{stack}}, {objects, objects * 10}};
  };
  const Census older{{at(1, 1), at(2, 2), at(4, 4)}}, newer{{at(2, 3), at(3, 1), at(4, 4)}};
  const std::vector<Growth> changes = Compare(older, newer);
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[0].growth, (Tally{-1, -10}));
  EXPECT_EQ(changes[1].growth, (Tally{1, 10}));
  EXPECT_EQ(changes[2].growth, (Tally{1, 10}));
  EXPECT_EQ(newer.Total(log::Kind::kHeapBlock), (Tally{8, 80}));
}

}  // namespace
}  // namespace mqtrack::hunt
