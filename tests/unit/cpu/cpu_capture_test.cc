#include "libtrack/cpu/cpu_capture.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "libtrack/cpu/cpu_record.h"
#include "libtrack/cpu/processor_clock.h"
#include "libtrack/profile/formats/validate.h"
#include "libtrack/profile/sample_types.h"
#include "tests/support/child_process.h"

namespace mqtrack::cpu {
namespace {

using support::ErrorCode;
using support::Result;
using testing::ChildProcess;

volatile std::uint64_t sink = 0;

int Spin() {
  for (;;) sink = sink + 1;
}

/// Until it has so much to look at, or the deadline comes that no test should reach.
CpuOptions Until(pid_t pid, Way way) {
  CpuOptions options;
  options.pid = pid;
  options.hz = 500;
  options.way = way;
  options.duration = std::chrono::seconds(120);
  options.is_interrupted = [pid, begin = ProcessorClock(pid).Read()] {
    return ProcessorClock(pid).Read() - begin > 500'000'000;
  };
  return options;
}

void ExpectAllIsThere(const CpuCapture& capture) {
  std::int64_t samples = 0, nanos = 0;
  for (const auto& [stack, sum] : capture.stacks) {
    samples += sum.samples;
    nanos += sum.nanos;
    EXPECT_FALSE(stack.addresses.empty() && stack.gap.empty());
  }
  EXPECT_GT(samples, 3);
  EXPECT_NEAR(static_cast<double>(nanos), static_cast<double>(capture.process_nanos),
              0.2 * static_cast<double>(capture.process_nanos));
  const profile::Profile profile = ProfileOfCapture(capture, true, {});
  EXPECT_TRUE(profile::Validate(profile, "").ok());
  EXPECT_EQ(profile::Total(profile, 0), samples);
  EXPECT_EQ(profile::Total(profile, 1), nanos);
}

TEST(CpuCapture, ByStopsAllTimeIsThere) {
  const ChildProcess child(Spin);
  const Result<CpuCapture> capture = CaptureCpu(Until(child.pid(), Way::kStops));
  ASSERT_TRUE(capture.ok()) << capture.error().ToString();
  EXPECT_EQ(capture->way, Way::kStops);
  EXPECT_FALSE(capture->has_ended);
  ExpectAllIsThere(*capture);
  // Both bounds hold, with room for the clock's steps.
  EXPECT_LT(static_cast<double>(capture->cost.stood_nanos), 0.05 * static_cast<double>(capture->elapsed.count()) + 5e6);
}

TEST(CpuCapture, ByEventsAllTimeIsThere) {
  const ChildProcess child(Spin);
  const Result<CpuCapture> capture = CaptureCpu(Until(child.pid(), Way::kEvents));
  if (!capture.ok()) {
    EXPECT_EQ(capture.error().code, ErrorCode::kCannotMeasure);
    GTEST_SKIP() << capture.error().ToString();
  }
  ExpectAllIsThere(*capture);
}

TEST(CpuCapture, WhatIsNotThereIsRefused) {
  const Result<CpuCapture> capture = CaptureCpu(Until(999'999'999, Way::kAny));
  ASSERT_FALSE(capture.ok());
  EXPECT_EQ(capture.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(CaptureCpu(Until(::getpid(), Way::kAny)).ok());
}

}  // namespace
}  // namespace mqtrack::cpu
