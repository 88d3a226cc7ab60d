#include "libtrack/topology/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace mqtrack::topology {
namespace {

TEST(LatencyHistogram, NothingHasNoValues) {
  EXPECT_EQ(LatencyHistogram().count(), 0);
  EXPECT_EQ(LatencyHistogram().Percentile(0.5), 0);
}

TEST(LatencyHistogram, PercentilesAreWithinTwoPercentOfTheTrueOnes) {
  std::mt19937_64 random(3);
  std::lognormal_distribution<double> spread(15, 3);
  LatencyHistogram histogram;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 100'000; ++i) {
    values.push_back(static_cast<std::int64_t>(spread(random)));
    histogram.Add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double fraction : {0.001, 0.1, 0.5, 0.9, 0.99, 0.9999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(fraction * 100'000)) - 1;
    const auto exact = static_cast<double>(values[rank]);
    EXPECT_NEAR(static_cast<double>(histogram.Percentile(fraction)), exact, exact * 0.016 + 1) << fraction;
  }
}

TEST(LatencyHistogram, SmallValuesAreExact) {
  LatencyHistogram histogram;
  for (int i = 0; i < 60; ++i) histogram.Add(i);
  EXPECT_EQ(histogram.Percentile(0.5), 29);
}

TEST(LatencyHistogram, TheWholeRangeFits) {
  LatencyHistogram histogram;
  for (const std::int64_t value : {INT64_MAX, std::int64_t{0}, std::int64_t{-5}, std::int64_t{1} << 62})
    histogram.Add(value);
  EXPECT_EQ(histogram.max(), INT64_MAX);
  EXPECT_EQ(histogram.Percentile(0.25), 0);
  EXPECT_NEAR(static_cast<double>(histogram.Percentile(0.75)), 0x1p62, 0x1p62 * 0.016);
}

TEST(LatencyHistogram, MergedIsAsIfAllWereAdded) {
  LatencyHistogram even, odd, all;
  for (std::int64_t i = 0; i < 10'000; ++i) {
    (i % 2 == 0 ? even : odd).Add(i * i);
    all.Add(i * i);
  }
  odd.Merge(even);
  EXPECT_EQ(odd.count(), all.count());
  EXPECT_EQ(odd.max(), all.max());
  for (const double fraction : {0.01, 0.5, 0.99}) EXPECT_EQ(odd.Percentile(fraction), all.Percentile(fraction));
}

}  // namespace
}  // namespace mqtrack::topology
