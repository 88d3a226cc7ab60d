#include "libtrack/cpu/processor_clock.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/support/child_process.h"

namespace mqtrack::cpu {
namespace {

using testing::ChildProcess;

void Use(std::int64_t nanos) {
  ProcessorClock clock(::getpid());
  for (const std::int64_t until = clock.Read() + nanos; clock.Read() < until;) {
  }
}

TEST(ProcessorClock, CountsWhatIsUsed) {
  ProcessorClock clock(::getpid());
  const std::int64_t before = clock.Read();
  const std::int64_t thread_before = TimesOfThread(::getpid(), ::gettid())->used_nanos;
  Use(30'000'000);
  EXPECT_GE(clock.Read() - before, 30'000'000);
  // The scheduler's own account is a tick behind at most.
  EXPECT_GE(TimesOfThread(::getpid(), ::gettid())->used_nanos - thread_before, 15'000'000);
}

TEST(ProcessorClock, AProcessThatIsNotThereStandsStill) {
  ProcessorClock clock(999'999'999);
  EXPECT_EQ(clock.Read(), 0);
  EXPECT_FALSE(LookAtThread(999'999'999, 1));
  EXPECT_FALSE(TimesOfThread(999'999'999, 1));
  EXPECT_FALSE(clock.IsOfRunning());
}

TEST(ProcessorClock, KnowsWhetherItsProcessRuns) {
  ChildProcess child([] { return ::pause(); });
  const ProcessorClock clock(child.pid());
  EXPECT_TRUE(clock.IsOfRunning());
  ::kill(child.pid(), SIGKILL);
  child.WaitForEnd();
  EXPECT_FALSE(clock.IsOfRunning()) << "a zombie";
  child.Reap();
  EXPECT_FALSE(clock.IsOfRunning());
}

// A kernel without CONFIG_SCHED_INFO shows a file of zeros: the ticks of the clock are what is known then.
TEST(ProcessorClock, AFileOfZerosTellsNothing) {
  EXPECT_FALSE(ParseSchedstat("0 0 0\n"));
  EXPECT_FALSE(ParseSchedstat(""));
  EXPECT_FALSE(ParseSchedstat("12 x 3\n"));
  const auto times = ParseSchedstat("12 0 3\n");
  ASSERT_TRUE(times);
  EXPECT_EQ(times->used_nanos, 12);
  EXPECT_EQ(times->waited_nanos, 0);
  EXPECT_EQ(times->turns, 3);
}

// A name may hold what separates the fields.
TEST(ProcessorClock, AnyNameIsRead) {
  char before[16] = {};
  ::prctl(PR_GET_NAME, before);
  for (const char* name : {") S 1 2 3", "((((", "a b) c"}) {
    ::prctl(PR_SET_NAME, name);
    const auto moment = LookAtThread(::getpid(), ::gettid());
    ASSERT_TRUE(moment) << name;
    EXPECT_EQ(moment->state, 'R') << name;
    EXPECT_GE(moment->processor, 0) << name;
    EXPECT_GE(moment->ticks, 0) << name;
  }
  ::prctl(PR_SET_NAME, before);
}

}  // namespace
}  // namespace mqtrack::cpu
