// Finding recorded processes: logs of real children, alive, ended and replaced.
#include "libtrack/process/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>

#include "libtrack/log/environment.h"
#include "libtrack/process/log_directory.h"
#include "libtrack/process/log_removal.h"
#include "libtrack/procfs/proc_status.h"
#include "tests/support/child_process.h"
#include "tests/support/log_builder.h"
#include "tests/support/scratch_directory.h"

namespace mqtrack::process {
namespace {

using support::ErrorCode;
using ::testing::AllOf;
using testing::ChildProcess;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

int WaitForSignal() {
  for (;;) ::pause();
}

class DiscoveryTest : public ::testing::Test {
 protected:
  // A log as the recorder of `pid` would have left it.
  std::string WriteLog(std::int64_t pid, std::uint64_t start_ticks, const char* comm, const char* exe,
                       std::uint64_t started = 1) {
    testing::LogBuilder builder;
    builder.header().pid = static_cast<std::uint32_t>(pid);
    builder.header().start_ticks = start_ticks;
    builder.header().started_unix_ns = started;
    std::strcpy(builder.header().comm, comm);
    std::strcpy(builder.header().exe, exe);
    const std::string path = dir() + "/" + std::to_string(pid) + "-" + std::to_string(start_ticks) + log::kLogSuffix;
    builder.Write(path);
    return path;
  }
  std::string WriteLogOf(const ChildProcess& child, const char* comm, std::uint64_t started = 1) {
    return WriteLog(child.pid(), procfs::ReadProcStatus(child.pid())->start_ticks, comm, "/usr/sbin/broker", started);
  }
  [[nodiscard]] const std::string& dir() const { return directory_.path(); }

  // A pid no process has now.
  static std::int64_t FreePid() {
    ChildProcess child([] { return 0; });
    const std::int64_t pid = child.pid();
    child.Reap();
    return pid;
  }

 private:
  testing::ScratchDirectory directory_;
};

TEST_F(DiscoveryTest, ListsTheLivingFirstThenTheNewest) {
  const ChildProcess child(WaitForSignal);
  WriteLogOf(child, "broker", 1);
  WriteLog(FreePid(), 5, "older", "/bin/older", 10);
  WriteLog(FreePid(), 6, "newer", "/bin/newer", 20);
  const auto list = ListRecorded(dir());
  ASSERT_TRUE(list) << list.error().ToString();
  ASSERT_THAT(*list, SizeIs(3));
  EXPECT_TRUE((*list)[0].IsAlive());
  EXPECT_EQ((*list)[0].facts.comm, "broker");
  EXPECT_FALSE((*list)[1].IsAlive());
  EXPECT_EQ((*list)[1].facts.comm, "newer");
  EXPECT_EQ((*list)[2].facts.comm, "older");
}

TEST_F(DiscoveryTest, AnEndedProcessIsDeadEvenIfItsPidIsInUseAgain) {
  const ChildProcess child(WaitForSignal);
  const std::uint64_t now = procfs::ReadProcStatus(child.pid())->start_ticks;
  WriteLog(child.pid(), now - 1, "before", "/bin/before");  // had the same pid earlier
  const auto list = ListRecorded(dir());
  ASSERT_TRUE(list);
  ASSERT_THAT(*list, SizeIs(1));
  EXPECT_FALSE((*list)[0].IsAlive());
}

TEST_F(DiscoveryTest, AZombieIsDead) {
  const ChildProcess child([] { return 0; });
  child.WaitForEnd();
  WriteLogOf(child, "broker");
  const auto list = ListRecorded(dir());
  ASSERT_TRUE(list);
  ASSERT_THAT(*list, SizeIs(1));
  EXPECT_FALSE((*list)[0].IsAlive());
}

TEST_F(DiscoveryTest, FindsTheDaemonThatOutlivedItsParent) {
  const ChildProcess daemon(WaitForSignal);
  WriteLog(FreePid(), 5, "broker", "/usr/sbin/broker");
  WriteLogOf(daemon, "broker");
  const auto found = FindRecorded("broker", dir());
  ASSERT_TRUE(found) << found.error().ToString();
  EXPECT_EQ(found->facts.pid, static_cast<std::uint32_t>(daemon.pid()));
}

TEST_F(DiscoveryTest, FindsByPidAndByTheExecutablesName) {
  const ChildProcess child(WaitForSignal);
  WriteLog(child.pid(), procfs::ReadProcStatus(child.pid())->start_ticks, "a-name-cut-at-1",
           "/opt/a-name-cut-at-15 (deleted)");
  EXPECT_TRUE(FindRecorded(std::to_string(child.pid()), dir()));
  EXPECT_TRUE(FindRecorded("a-name-cut-at-15", dir()));
  EXPECT_TRUE(FindRecorded("a-name-cut-at-1", dir()));
  EXPECT_FALSE(FindRecorded("a-name", dir()));
}

TEST_F(DiscoveryTest, SeveralMatchesAreListed) {
  const ChildProcess first(WaitForSignal), second(WaitForSignal);
  WriteLogOf(first, "broker");
  WriteLogOf(second, "broker");
  const auto found = FindRecorded("broker", dir());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kBadInput);
  EXPECT_THAT(found.error().text, AllOf(HasSubstr("several"), HasSubstr(std::to_string(first.pid()) + " (broker)"),
                                        HasSubstr(std::to_string(second.pid()) + " (broker)")));
}

TEST_F(DiscoveryTest, NothingRecordedSaysHowToStart) {
  const auto found = FindRecorded("broker", dir());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kCannotMeasure);
  EXPECT_THAT(found.error().text, AllOf(HasSubstr("nothing is recorded in " + dir()), HasSubstr("mqtrack run")));
}

TEST_F(DiscoveryTest, AnUnknownNameListsWhatIsRecorded) {
  WriteLog(FreePid(), 5, "bridge", "/bin/bridge");
  const auto found = FindRecorded("broker", dir());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(found.error().text, HasSubstr("(bridge, dead: "));
  EXPECT_FALSE(FindRecorded("0", dir())) << "a log whose process is not here has no pid here, not the pid 0";
}

TEST_F(DiscoveryTest, APidThatIsNotRecordedAndOneThatDoesNotExist) {
  const ChildProcess child(WaitForSignal);
  const auto unrecorded = FindRecorded(std::to_string(child.pid()), dir());
  ASSERT_FALSE(unrecorded);
  EXPECT_EQ(unrecorded.error().code, ErrorCode::kCannotMeasure);
  EXPECT_THAT(unrecorded.error().ToString(), AllOf(HasSubstr("is not recorded"), HasSubstr("mqtrack run")));
  const auto missing = FindRecorded(std::to_string(FreePid()), dir());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().ToString(), HasSubstr("no such process"));
}

TEST_F(DiscoveryTest, AForeignVersionKeepsItsCode) {
  const ChildProcess child(WaitForSignal);
  const std::string path = WriteLogOf(child, "broker");
  auto bytes = support::ReadFile(path);
  ASSERT_TRUE(bytes);
  (*bytes)[offsetof(log::Header, version)] = 99;
  ASSERT_TRUE(support::WriteFile(path, *bytes));
  const auto list = ListRecorded(dir());
  ASSERT_TRUE(list);
  ASSERT_THAT(*list, SizeIs(1));
  EXPECT_THAT((*list)[0].error, HasSubstr("version 99"));
  EXPECT_TRUE((*list)[0].IsAlive());
  const auto found = FindRecorded(std::to_string(child.pid()), dir());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kCannotMeasure);
}

TEST_F(DiscoveryTest, OtherFilesAreNotLogsAndLinksAreNotFollowed) {
  ASSERT_TRUE(support::WriteFile(dir() + "/notes.txt", "x"));
  ASSERT_TRUE(support::WriteFile(dir() + "/12-x.log", "x"));
  ASSERT_EQ(::symlink("/etc/passwd", (dir() + "/12-13.log").c_str()), 0);
  ASSERT_EQ(::mkfifo((dir() + "/12-13-14.log").c_str(), 0600), 0);
  const auto list = ListRecorded(dir());
  ASSERT_TRUE(list);
  ASSERT_THAT(*list, SizeIs(2));
  for (const RecordedProcess& process : *list) EXPECT_THAT(process.error, HasSubstr("not a regular file"));
}

TEST_F(DiscoveryTest, ALogUnderAnotherProcesssNameIsNotBelieved) {
  const std::string path = WriteLog(FreePid(), 5, "broker", "/bin/broker");
  const ChildProcess child(WaitForSignal);
  const std::string fake = dir() + "/" + std::to_string(child.pid()) + "-" +
                           std::to_string(procfs::ReadProcStatus(child.pid())->start_ticks) + log::kLogSuffix;
  ASSERT_EQ(::rename(path.c_str(), fake.c_str()), 0);
  const auto found = FindRecorded(std::to_string(child.pid()), dir());
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().text, HasSubstr("does not fit the log"));
}

TEST_F(DiscoveryTest, ADirectoryOfSomebodyElseIsNotTrusted) {
  const auto refused = CheckLogDirectory({dir(), ::geteuid() + 1});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text, HasSubstr("not trusted"));
  EXPECT_TRUE(CheckLogDirectory({dir(), ::geteuid()}));
  const std::string link = dir() + "/link";
  ASSERT_EQ(::symlink(dir().c_str(), link.c_str()), 0);
  EXPECT_FALSE(CheckLogDirectory({link, ::geteuid()}));
  const auto missing = CheckLogDirectory({dir() + "/missing", std::nullopt});
  ASSERT_TRUE(missing);
  EXPECT_FALSE(*missing);
}

TEST_F(DiscoveryTest, ADirectoryOthersMayWriteToIsNotTrusted) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to give a directory away";
  ASSERT_EQ(::chown(dir().c_str(), 12345, 12345), 0);
  EXPECT_TRUE(CheckLogDirectory({dir(), std::nullopt}));
  ASSERT_EQ(::chmod(dir().c_str(), 0777), 0);
  const auto refused = ListRecorded(dir());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text, AllOf(HasSubstr("others may write"), HasSubstr("chmod")));
}

TEST_F(DiscoveryTest, NoLogGoesWhereOthersMayWrite) {
  EXPECT_TRUE(CheckRoomForLog(dir()));
  ASSERT_EQ(::chmod(dir().c_str(), 0777), 0);
  const auto refused = CheckRoomForLog(dir());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kBadInput);
  EXPECT_THAT(refused.error().ToString(), AllOf(HasSubstr(dir()), HasSubstr("others may write to it")));
  EXPECT_TRUE(CheckRoomForLog(dir() + "/below"));
}

TEST_F(DiscoveryTest, TheStatesOfAProcess) {
  using enum ProcessState;
  using Life = Whereabouts::Life;
  const auto state = [](Life life, log::State recorded, log::Origin origin) {
    RecordedProcess process;
    process.where.life = life;
    process.facts.state = recorded;
    process.facts.origin = origin;
    return StateOf(process);
  };
  constexpr auto kRecording = log::State::kRecording, kOver = log::State::kEnded;
  EXPECT_EQ(state(Life::kRuns, kRecording, log::Origin::kAttach), kAlive);
  EXPECT_EQ(state(Life::kRuns, kOver, log::Origin::kAttach), kDetached);
  EXPECT_EQ(state(Life::kRuns, kOver, log::Origin::kFork), kUnrecorded);
  EXPECT_EQ(state(Life::kGone, kRecording, log::Origin::kPreload), kDead);
  EXPECT_EQ(state(Life::kGone, kOver, log::Origin::kPreload), kEnded);
  EXPECT_EQ(state(Life::kUnknown, kRecording, log::Origin::kPreload), kUnseen);
  EXPECT_EQ(state(Life::kUnknown, kOver, log::Origin::kPreload), kEnded);
}

TEST_F(DiscoveryTest, RemovesTheLogOfADeadProcessOnly) {
  const ChildProcess child(WaitForSignal);
  const std::string live = WriteLogOf(child, "broker");
  const std::string dead = WriteLog(FreePid(), 5, "broker", "/usr/sbin/broker");
  const auto list = ListRecorded(dir());
  ASSERT_TRUE(list);
  for (const RecordedProcess& process : *list) EXPECT_EQ(RemoveLog(process).ok(), !process.IsAlive());
  EXPECT_EQ(::access(live.c_str(), F_OK), 0);
  EXPECT_NE(::access(dead.c_str(), F_OK), 0);
  RecordedProcess other;
  other.log_path = "/etc/hostname";
  EXPECT_FALSE(RemoveLog(other));
}

TEST_F(DiscoveryTest, NamesOfLogs) {
  const auto name = ParseLogName("12-345.log");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->pid, 12);
  EXPECT_EQ(name->start_ticks, 345u);
  EXPECT_EQ(name->pid_namespace, 0u);
  const auto contained = ParseLogName("2-345-4026532567.log");
  ASSERT_TRUE(contained);
  EXPECT_EQ(contained->pid, 2);
  EXPECT_EQ(contained->start_ticks, 345u);
  EXPECT_EQ(contained->pid_namespace, 4026532567u);
  for (const char* other :
       {"", ".log", "12.log", "-1.log", "12-.log", "12-3.lo", "a-3.log", "12-3-.log", "12-3-4-5.log", "0-1.log"}) {
    EXPECT_FALSE(ParseLogName(other)) << other;
  }
}

}  // namespace
}  // namespace mqtrack::process
