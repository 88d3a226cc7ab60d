// Which snapshots of a history stay, when one is taken each minute for two days.
#include "libtrack/history/history_bounds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace mqtrack::history {
namespace {

constexpr UnixMillis kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour, kStart = 20'000 * kDay;

std::vector<UnixMillis> Keep(std::vector<UnixMillis> times, UnixMillis now, std::chrono::seconds age) {
  for (const UnixMillis gone : Thinnable(times, now, age)) std::erase(times, gone);
  return times;
}

std::size_t Between(const std::vector<UnixMillis>& times, UnixMillis from, UnixMillis to) {
  return static_cast<std::size_t>(
      std::count_if(times.begin(), times.end(), [&](UnixMillis time) { return time > from && time <= to; }));
}

TEST(HistoryBounds, ThinsWhatIsOlder) {
  const std::chrono::hours age(24 * 14);
  std::vector<UnixMillis> times;
  std::size_t most = 0;
  UnixMillis now = kStart;
  for (int minute = 0; minute < 2 * 24 * 60; ++minute) {
    now = kStart + minute * kMinute;
    times.push_back(now);
    times = Keep(std::move(times), now, age);
    most = std::max(most, times.size());
  }
  EXPECT_EQ(Between(times, now - kHour, now), 60u);
  EXPECT_NEAR(static_cast<double>(Between(times, now - kDay, now - kHour)), 23 * 6, 3);
  EXPECT_NEAR(static_cast<double>(Between(times, now - 2 * kDay, now - kDay)), 24, 3);
  EXPECT_EQ(times.front(), kStart);
  EXPECT_LT(most, 240u);
}

TEST(HistoryBounds, WhatWasKeptStays) {
  std::vector<UnixMillis> times;
  for (int i = 0; i < 600; ++i) times.push_back(kStart + i * kMinute);
  const UnixMillis now = times.back();
  const std::vector<UnixMillis> once = Keep(times, now, std::chrono::hours(100));
  EXPECT_EQ(Keep(once, now, std::chrono::hours(100)), once);
}

TEST(HistoryBounds, NothingIsOlderThanTheAge) {
  const std::vector<UnixMillis> times = {kStart, kStart + kHour, kStart + 2 * kHour};
  EXPECT_EQ(Keep(times, kStart + 3 * kHour, std::chrono::minutes(90)), std::vector<UnixMillis>{kStart + 2 * kHour});
  EXPECT_TRUE(Keep(times, kStart + kDay, std::chrono::hours(1)).empty());
  EXPECT_TRUE(Thinnable({}, kStart, std::chrono::hours(1)).empty());
}

}  // namespace
}  // namespace mqtrack::history
