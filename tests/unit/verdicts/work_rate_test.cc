#include "libtrack/verdicts/work_rate.h"

#include <gtest/gtest.h>

#include "libtrack/log/packet_types.h"

namespace mqtrack::verdicts {
namespace {

constexpr std::size_t kConnect = 1, kPublish = 3;
constexpr std::int64_t kMinute = 60'000'000'000;

/// Stretches of a minute each with so many PUBLISH and CONNECT received.
WorkOfStretches Work(const std::vector<std::int64_t>& publishes, const std::vector<std::int64_t>& connects) {
  WorkOfStretches work;
  for (std::size_t i = 0; i < publishes.size(); ++i) {
    analysis::WorkDone done;
    done.is_known = true;
    done.received[kPublish] = publishes[i];
    done.received[kConnect] = connects[i];
    work.packets.push_back(done);
    work.nanos.push_back(kMinute);
  }
  return work;
}

TEST(WorkRateTest, TheTableOfPacketsIsInOrder) {
  EXPECT_STREQ(log::kPacketNames[kPublish], "PUBLISH");
  EXPECT_STREQ(log::kPacketNames[kConnect], "CONNECT");
}

TEST(WorkRateTest, AWholeNumberForEachPacketInEveryStretchIsExact) {
  const WorkRate rate = FindWorkRate(Work({50, 70, 20}, {10, 10, 10}), {100, 140, 40}, "");
  EXPECT_EQ(rate.unit, "PUBLISH received");
  EXPECT_TRUE(rate.is_exact);
  EXPECT_DOUBLE_EQ(rate.each, 2);
}

TEST(WorkRateTest, AmongSeveralTheMoreEvenOneIsTaken) {
  const WorkRate rate = FindWorkRate(Work({50, 500, 50}, {10, 20, 11}), {11, 19, 11}, "");
  EXPECT_EQ(rate.unit, "CONNECT received");
  EXPECT_FALSE(rate.is_exact);
  EXPECT_LT(rate.spread, 1.2);
}

TEST(WorkRateTest, OnlyTheCausesPacketsCount) {
  EXPECT_EQ(FindWorkRate(Work({50, 70, 20}, {25, 35, 10}), {50, 70, 20}, "CONNECT").unit, "CONNECT received");
}

TEST(WorkRateTest, WithoutPacketsItIsTime) {
  const WorkRate rate = FindWorkRate(Work({0, 0, 0}, {0, 0, 0}), {5, 6, 5}, "");
  EXPECT_EQ(rate.unit, "hour");
  EXPECT_NEAR(rate.each, 320, 1);
}

TEST(WorkRateTest, WhereNothingWasLeftAtFirstOrAtLastNothingFits) {
  EXPECT_EQ(FindWorkRate(Work({50, 50, 50}, {0, 0, 0}), {0, 60, 60}, "").unit, "");
}

TEST(WorkRateTest, WhatFillsUpLeavesLessAndLess) {
  const WorkRate rate =
      FindWorkRate(Work({100, 100, 100, 100, 100, 100}, {0, 0, 0, 0, 0, 0}), {60, 30, 15, 8, 4, 2}, "");
  EXPECT_GT(rate.early / rate.late, 10);
}

}  // namespace
}  // namespace mqtrack::verdicts
