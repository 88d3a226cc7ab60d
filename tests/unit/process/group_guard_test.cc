#include "libtrack/process/group_guard.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "tests/support/child_process.h"

namespace mqtrack::process {
namespace {

using testing::ChildProcess;
using testing::WaitUntil;

/// A child that leads a process group and does nothing. With `ignores_term`, SIGTERM does not end it.
pid_t StartLeader(bool ignores_term) {
  // Inherited, so that it holds from the child's first moment on.
  const auto before = ignores_term ? ::signal(SIGTERM, SIG_IGN) : SIG_ERR;
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setpgid(0, 0);
    for (;;) ::pause();
  }
  if (before != SIG_ERR) ::signal(SIGTERM, before);
  ::setpgid(pid, pid);
  return pid;
}

/// Which signal ended a child; 0: it has not ended.
int EndedBy(pid_t pid) {
  int status = 0;
  if (::waitpid(pid, &status, WNOHANG) != pid) return 0;
  return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

/// Ends the owner of a guarded group with SIGKILL. The signal that ended the group's leader.
int EndOwner(bool ignores_term, const std::string& folder = {}) {
  // Orphans become children of the test.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  int ends[2];
  if (::pipe(ends) != 0) return 0;
  ChildProcess owner([&] {
    const pid_t leader = StartLeader(ignores_term);
    const GroupGuard guard(leader, folder);
    if (::write(ends[1], &leader, sizeof leader) != sizeof leader) return 1;
    for (;;) ::pause();
  });
  pid_t leader = 0;
  const bool is_said = ::read(ends[0], &leader, sizeof leader) == sizeof leader;
  ::close(ends[0]), ::close(ends[1]);
  if (!is_said || ::kill(leader, 0) != 0) return 0;
  owner.Reap();
  int signal = 0;
  EXPECT_TRUE(WaitUntil([&] { return (signal = EndedBy(leader)) != 0; }));
  return signal;
}

TEST(GroupGuardTest, AnOwnerThatIsKilledTakesTheGroupAlong) { EXPECT_EQ(EndOwner(false), SIGTERM); }

TEST(GroupGuardTest, WhoDoesNotListenIsKilledWithTheGuard) {
  EXPECT_EQ(EndOwner(true), SIGKILL);
  EXPECT_TRUE(WaitUntil([] { return ::waitpid(-1, nullptr, WNOHANG) < 0; })) << "the guard is there still";
}

TEST(GroupGuardTest, TheFolderOfTheGroupGoesWithIt) {
  std::string folder = (std::filesystem::temp_directory_path() / "group-guard-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  std::ofstream(folder + "/key.pem") << "secret";
  EXPECT_EQ(EndOwner(false, folder), SIGTERM);
  EXPECT_TRUE(WaitUntil([&] { return !std::filesystem::exists(folder); }));
  EXPECT_TRUE(WaitUntil([] { return ::waitpid(-1, nullptr, WNOHANG) < 0; })) << "who removed it is there still";
}

TEST(GroupGuardTest, WithoutTheGuardTheGroupStays) {
  const pid_t leader = StartLeader(false);
  auto guard = std::make_unique<GroupGuard>(leader);
  guard.reset();
  EXPECT_EQ(EndedBy(leader), 0);
  EXPECT_EQ(::kill(-leader, SIGKILL), 0);
  EXPECT_TRUE(WaitUntil([&] { return EndedBy(leader) == SIGKILL; }));
  EXPECT_NE(::kill(-leader, 0), 0) << "the guard is in the group still";
}

}  // namespace
}  // namespace mqtrack::process
