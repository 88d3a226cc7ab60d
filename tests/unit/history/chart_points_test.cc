#include "libtrack/history/chart_points.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mqtrack::history {
namespace {

constexpr std::size_t kMost = 1000;

/// Of so many minutes: one value that grows, one that swings, and several that stay.
std::vector<Totals> Course(std::size_t count) {
  std::vector<Totals> course;
  for (std::size_t i = 0; i < count; ++i) {
    const auto n = static_cast<std::int64_t>(i);
    course.push_back({1 + n * 60'000, {{"grows", n}, {"swings", n * 7919 % 101}, {"fds", 12}, {"threads", 3}}});
  }
  return course;
}

std::int64_t Extreme(const std::vector<Totals>& course, std::size_t value, bool highest) {
  std::int64_t found = course.front().values[value].second;
  for (const Totals& moment : course) {
    found = highest ? std::max(found, moment.values[value].second) : std::min(found, moment.values[value].second);
  }
  return found;
}

TEST(ChartPoints, FewStayAsTheyAre) { EXPECT_EQ(ChartPoints(Course(kMost), kMost).size(), kMost); }

TEST(ChartPoints, OfManyAsManyAsAreShownAndNoPeakIsLost) {
  std::vector<Totals> course = Course(20'160);  // two weeks
  course[9'777].values[2].second = 900;         // for one minute
  course[13'333].values[0].second = -5;
  const std::vector<Totals> shown = ChartPoints(course, kMost);
  EXPECT_LE(shown.size(), kMost);
  EXPECT_GT(shown.size(), kMost / 4);
  EXPECT_EQ(shown.front().time, course.front().time);
  EXPECT_EQ(shown.back().time, course.back().time);
  for (std::size_t value = 0; value < 4; ++value) {
    EXPECT_EQ(Extreme(shown, value, true), Extreme(course, value, true));
    EXPECT_EQ(Extreme(shown, value, false), Extreme(course, value, false));
  }
  for (std::size_t i = 1; i < shown.size(); ++i) {
    EXPECT_LT(shown[i - 1].time, shown[i].time);
    EXPECT_LT(shown[i].time - shown[i - 1].time, 20'160LL * 60'000 / 50) << "a hole in the picture";
  }
}

TEST(ChartPoints, ManyValuesFitAsWell) {
  std::vector<Totals> course;
  for (std::int64_t i = 0; i < 5000; ++i) {
    Totals& moment = course.emplace_back(Totals{i + 1, {}});
    for (std::int64_t value = 0; value < 40; ++value) {
      moment.values.emplace_back("v" + std::to_string(value), (i * 7919 + value * 104729) % 5003);
    }
  }
  const std::vector<Totals> shown = ChartPoints(course, kMost);
  EXPECT_LE(shown.size(), kMost);
  EXPECT_EQ(shown.back().time, 5000);
}

}  // namespace
}  // namespace mqtrack::history
