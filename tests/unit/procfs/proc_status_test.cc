#include "libtrack/procfs/proc_status.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/support/child_process.h"

namespace mqtrack::procfs {
namespace {

using testing::ChildProcess;
using testing::WaitUntil;

int WaitForSignal() {
  for (;;) ::pause();
}

TEST(ProcStatus, OfOurselves) {
  const auto status = ReadProcStatus(::getpid());
  ASSERT_TRUE(status);
  EXPECT_EQ(status->comm, "procfs_test");
  EXPECT_GT(status->start_ticks, 0u);
  EXPECT_GT(status->resident_bytes, 100'000u);
  EXPECT_EQ(status->uid, ::geteuid());
  EXPECT_TRUE(IsAlive(::getpid(), status->start_ticks));
}

TEST(ProcStatus, AnotherStartTimeIsAnotherProcess) {
  const auto status = ReadProcStatus(::getpid());
  ASSERT_TRUE(status);
  EXPECT_FALSE(IsAlive(::getpid(), status->start_ticks + 1));
}

TEST(ProcStatus, ANameWithSpacesAndParentheses) {
  const ChildProcess child([] {
    ::prctl(PR_SET_NAME, "a) R 1 (b", 0, 0, 0);
    return WaitForSignal();
  });
  ASSERT_TRUE(WaitUntil([&] {
    const auto status = ReadProcStatus(child.pid());
    return status && status->comm == "a) R 1 (b";
  }));
  const auto status = ReadProcStatus(child.pid());
  EXPECT_TRUE(IsAlive(child.pid(), status->start_ticks));
}

TEST(ProcStatus, AZombieIsNotAlive) {
  const ChildProcess child([] { return 0; });
  child.WaitForEnd();
  const auto status = ReadProcStatus(child.pid());
  ASSERT_TRUE(status);
  EXPECT_EQ(status->state, 'Z');
  EXPECT_FALSE(IsAlive(child.pid(), status->start_ticks));
}

TEST(ProcStatus, AliveThoughItsMainThreadHasEnded) {
  const ChildProcess child([] {
    std::thread([] { WaitForSignal(); }).detach();
    ::syscall(SYS_exit, 0);  // the main thread only
    return 0;
  });
  ASSERT_TRUE(WaitUntil([&] {
    const auto status = ReadProcStatus(child.pid());
    return status && status->state == 'Z';
  }));
  EXPECT_TRUE(IsAlive(child.pid(), ReadProcStatus(child.pid())->start_ticks));
}

TEST(ProcStatus, NoSuchProcess) {
  ChildProcess child([] { return 0; });
  const pid_t pid = child.pid();
  child.Reap();
  EXPECT_FALSE(ReadProcStatus(pid));
  EXPECT_FALSE(ReadProcStatus(0));
  EXPECT_FALSE(ReadProcStatus(-1));
}

}  // namespace
}  // namespace mqtrack::procfs
