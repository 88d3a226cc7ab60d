#include "libtrack/cpu/cpu_capture.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ios>
#include <string>

#include "libtrack/cpu/cpu_record.h"
#include "libtrack/cpu/processor_clock.h"
#include "libtrack/procfs/proc_status.h"
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

/// At work in the kernel, where nothing but the end interrupts it.
void MapAndUnmap(std::size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE, -1, 0);
  if (memory != MAP_FAILED) ::munmap(memory, bytes);
}

/// So much that it takes several times as long as a thread is given to stop.
std::size_t BytesThatTakeLong() {
  for (std::size_t bytes = std::size_t{64} << 20;; bytes *= 2) {
    const std::int64_t before = NanosOf(CLOCK_THREAD_CPUTIME_ID).value_or(0);
    MapAndUnmap(bytes);
    if (NanosOf(CLOCK_THREAD_CPUTIME_ID).value_or(0) - before > 400'000'000) return bytes;
  }
}

// A thread that did not stop in time stays seized, and nobody else traces it.
TEST(CpuCapture, AThreadThatCannotStopIsNotSeizedAgain) {
  const ChildProcess child([bytes = BytesThatTakeLong()] {
    for (;;) MapAndUnmap(bytes);
    return 0;
  });
  const Result<CpuCapture> capture = CaptureCpu(Until(child.pid(), Way::kStops));
  ASSERT_TRUE(capture.ok()) << capture.error().ToString();
  EXPECT_GT(capture->cost.without, 0) << "it always stopped in time, so nothing was tried";
}

bool HoldsStopKeys(pid_t pid) {
  std::uint64_t blocked = 0;
  procfs::ReadProcLine("/proc/" + std::to_string(pid) + "/status", "SigBlk:") >> std::hex >> blocked;
  return (blocked >> (SIGTSTP - 1) & 1) != 0;
}

// Stopped while a thread of the service stands still because of us, we would leave it so.
TEST(CpuCapture, StopKeysStopUsOnlyWhenNoThreadStandsStill) {
  const ChildProcess child(Spin);
  const ChildProcess looking([&] {
    ::setpgid(0, 0);  // in a group without a parent nobody could continue, the signals are ignored
    CpuOptions options = Until(child.pid(), Way::kStops);
    options.is_interrupted = [] { return false; };
    return CaptureCpu(options).ok() ? 0 : 1;
  });
  const auto state = [](pid_t pid) {
    const auto status = procfs::ReadProcStatus(pid);
    return status ? status->state : '?';
  };
  ASSERT_TRUE(testing::WaitUntil([&] { return HoldsStopKeys(looking.pid()); })) << "its first thread would take them";
  for (int i = 0; i < 20; ++i) {
    ::kill(looking.pid(), SIGTSTP);
    ASSERT_TRUE(testing::WaitUntil([&] { return state(looking.pid()) == 'T'; }));
    ASSERT_TRUE(testing::WaitUntil([&] { return state(child.pid()) == 'R'; })) << "it stands still with us";
    ::kill(looking.pid(), SIGCONT);
    ASSERT_TRUE(testing::WaitUntil([&] { return state(looking.pid()) != 'T'; }));
  }
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
