#include "preload/recorder/live/sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>
#include <memory>

#include "libtrack/log/layout.h"
#include "preload/recorder/live/sampled_blocks.h"

namespace mqtrack::recorder {
namespace {

TEST(Sampler, ExponentialAndLogarithmMatchLibm) {
  for (double x = 0; x < 60; x += 0.0137) EXPECT_NEAR(ExpNegative(x) / std::exp(-x), 1, 1e-12) << x;
  EXPECT_EQ(ExpNegative(1e9), 0);
  for (double u = 1; u > 1e-15; u *= 0.9173) EXPECT_NEAR(NegativeLog(u), -std::log(u), 1e-11) << u;
}

TEST(Sampler, WeightIsTheInverseOfTheChance) {
  constexpr std::uint64_t kInterval = 512 * 1024;
  for (std::uint64_t bytes : {1ULL, 100ULL, 4096ULL, 524288ULL, 10000000ULL}) {
    const double expected = 1 / (1 - std::exp(-static_cast<double>(bytes) / kInterval));
    EXPECT_NEAR(static_cast<double>(SampleWeight(bytes, kInterval)) / log::kSampleUnit / expected, 1, 0.002) << bytes;
  }
  EXPECT_EQ(SampleWeight(0, kInterval), kInterval * log::kSampleUnit);
}

// The estimate of a known workload lies within four standard deviations of the truth.
TEST(Sampler, EstimatesAreUnbiased) {
  constexpr std::uint64_t kInterval = 4096;
  ThreadState thread = {};
  for (std::uint64_t bytes : {16ULL, 200ULL, 3000ULL, 50000ULL}) {
    constexpr int kBlocks = 400000;
    double estimate = 0;
    int kept = 0;
    for (int i = 0; i < kBlocks; ++i) {
      if (!IsSampled(thread, bytes, kInterval)) continue;
      ++kept;
      estimate += static_cast<double>(SampleWeight(bytes, kInterval)) / log::kSampleUnit;
    }
    const double chance = 1 - std::exp(-static_cast<double>(bytes) / kInterval);
    const double sigma = std::sqrt(kBlocks * (1 - chance) / chance);
    EXPECT_NEAR(estimate, kBlocks, 4 * sigma + kBlocks * 0.003) << bytes << " bytes, kept " << kept;
  }
}

TEST(SampledBlocks, KnowsWhatItHoldsAndForgetsIt) {
  auto blocks = std::make_unique<SampledBlocks>();
  const auto block = [](std::uintptr_t i) { return reinterpret_cast<const void*>(i * 4096 * 3 + 16); };
  for (std::uintptr_t i = 1; i <= 1000; ++i) blocks->Add(block(i));
  for (std::uintptr_t i = 1; i <= 1000; ++i) EXPECT_TRUE(blocks->MayContain(block(i)));
  int others = 0;
  for (std::uintptr_t i = 1001; i <= 11000; ++i) others += blocks->MayContain(block(i));
  EXPECT_LT(others, 5000) << "most of what was not sampled must be told at once";
  for (std::uintptr_t i = 1; i <= 1000; ++i) blocks->Remove(block(i));
  for (std::uintptr_t i = 1; i <= 11000; ++i) EXPECT_FALSE(blocks->MayContain(block(i)));
}

}  // namespace
}  // namespace mqtrack::recorder
