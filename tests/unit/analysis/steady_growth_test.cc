// The rule of docs/gate.md, "A series", on values alone.
#include "libtrack/analysis/gate/steady_growth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libtrack/analysis/gate/growth_unit.h"

namespace mqtrack::analysis {
namespace {

using ::testing::ElementsAre;
using Values = std::vector<std::int64_t>;

bool Steady(Values values, Values objects = {}, std::vector<bool> left = {}) {
  return GrowsSteadily({std::move(values), std::move(objects), std::move(left)});
}

std::int64_t Median(const Values& values) {
  std::vector<double> positions;
  for (std::size_t i = 0; i < values.size(); ++i) positions.push_back(static_cast<double>(i));
  return MedianGrowth(values, positions);
}

TEST(SteadyGrowth, ThreeStretchesAsEqualAsCanBe) {
  EXPECT_THAT(StretchBounds(3), ElementsAre(0, 1, 2));
  EXPECT_THAT(StretchBounds(4), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(StretchBounds(5), ElementsAre(0, 1, 3, 4));
  EXPECT_THAT(StretchBounds(7), ElementsAre(0, 2, 4, 6));
}

TEST(SteadyGrowth, ALeakGrowsInEveryStretch) {
  EXPECT_TRUE(Steady({1, 2, 3}));
  EXPECT_TRUE(Steady({5, 5, 6, 6, 7, 7, 8}, {1, 1, 2, 2, 3, 3, 4}, {true, true, true}));
  EXPECT_FALSE(Steady({1, 2}));
}

TEST(SteadyGrowth, WhatFillsUpDoesNot) {
  EXPECT_FALSE(Steady({1, 5, 9, 9, 9, 9}));
  EXPECT_FALSE(Steady({0, 0, 0, 0, 8, 9}));
}

TEST(SteadyGrowth, WhatShrankOnceDoesNot) { EXPECT_FALSE(Steady({1, 5, 4, 9, 12, 14, 20})); }

TEST(SteadyGrowth, ATableThatDoublesIsOneObject) { EXPECT_FALSE(Steady({64, 128, 256}, {1, 1, 1})); }

TEST(SteadyGrowth, AQueueThatWasLongerEachTimeLeavesNothingOld) {
  EXPECT_FALSE(Steady({100, 200, 300}, {1, 2, 3}, {false, true}));
}

TEST(SteadyGrowth, TheMedianIsExactForEqualStepsAndIgnoresAJump) {
  EXPECT_EQ(Median({10, 130, 250, 370}), 360);
  EXPECT_EQ(Median({0, 1000, 1010, 1020, 1030, 1040, 1050}), 60);
  EXPECT_EQ(Median({INT64_MIN, 0, INT64_MAX}), 9'200'000'000'000'000'000);
}

TEST(GrowthUnit, ALimitPerUnitIsHeldExactly) {
  const GrowthUnit unit{"operation", 10'000, 1};
  EXPECT_FALSE(unit.Exceeds(10'000, 1));
  EXPECT_TRUE(unit.Exceeds(10'001, 1));
  EXPECT_TRUE(unit.Exceeds(1, 0));
  EXPECT_EQ(unit.Rate(10'001), 1);
  const GrowthUnit half_an_hour{"hour", 1'800'000'000'000, 3'600'000'000'000};
  EXPECT_EQ(half_an_hour.Rate(100), 200);
  EXPECT_TRUE(half_an_hour.Exceeds(101, 200));
  EXPECT_FALSE(half_an_hour.Exceeds(100, 200));
}

TEST(GrowthUnit, WhatIsNotKnownIsSaid) {
  EXPECT_FALSE(ParsePerUnit("day", "--per"));
  EXPECT_FALSE(ParsePerUnit("0", "--per"));
  Side base, newer;
  EXPECT_FALSE(MeasureUnit({PerUnit::Kind::kHour, 0}, base, newer, -1));
  EXPECT_FALSE(MeasureUnit({PerUnit::Kind::kGeneration, 0}, base, newer, -1));
  base.generation = 1;
  newer.generation = 4;
  EXPECT_EQ(MeasureUnit({PerUnit::Kind::kGeneration, 0}, base, newer, -1)->amount, 3);
  EXPECT_FALSE(MeasureUnit({PerUnit::Kind::kNone, 0}, base, newer, -1)->is_set());
}

TEST(GrowthUnit, APacketIsOneThatWasReceivedOrElseSent) {
  constexpr std::size_t kConnect = 1, kPublish = 3;
  const support::Result<PerUnit> publish = ParsePerUnit("PUBLISH", "--per");
  ASSERT_TRUE(publish);
  EXPECT_EQ(publish->packet, kPublish);
  EXPECT_FALSE(ParsePerUnit("publish", "--per"));
  EXPECT_FALSE(ParsePerUnit("", "--per"));
  Side base, newer;
  EXPECT_FALSE(MeasureUnit(*publish, base, newer, -1));  // nobody counted
  base.work.is_known = newer.work.is_known = true;
  EXPECT_FALSE(MeasureUnit(*publish, base, newer, -1));  // there was none
  base.work.sent[kPublish] = 5;
  newer.work.sent[kPublish] = 25;
  EXPECT_EQ(MeasureUnit(*publish, base, newer, -1)->name, "PUBLISH sent");
  EXPECT_EQ(MeasureUnit(*publish, base, newer, -1)->amount, 20);
  newer.work.received[kPublish] = 300;
  EXPECT_EQ(MeasureUnit(*publish, base, newer, -1)->name, "PUBLISH received");
  EXPECT_EQ(MeasureUnit(*publish, base, newer, -1)->amount, 300);
  base.work.received[kConnect] = 1;  // less now: of two recordings
  EXPECT_FALSE(MeasureUnit(*publish, base, newer, -1));
}

}  // namespace
}  // namespace mqtrack::analysis
