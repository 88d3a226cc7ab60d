// Starting real commands. The "recorder" is a small library that leaves its mark in a file, so that a test can tell
// whether it was preloaded, and what the command's environment was.
#include "libtrack/process/launch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <initializer_list>

#include "libtrack/process/recordable.h"
#include "libtrack/process/recorder_path.h"
#include "libtrack/procfs/elf_facts.h"
#include "libtrack/procfs/executable.h"
#include "libtrack/procfs/proc_status.h"
#include "libtrack/support/file.h"
#include "tests/support/child_process.h"
#include "tests/support/scratch_directory.h"

namespace mqtrack::process {
namespace {

using support::ErrorCode;
using ::testing::AllOf;
using testing::ChildProcess;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::WaitUntil;

class LaunchTest : public ::testing::Test {
 protected:
  // Copies below a path without blanks, which neither LD_PRELOAD nor a script's first line can hold.
  void SetUp() override {
    std::filesystem::copy_file(MQTRACK_TEST_PRELOAD, preload_);
    std::filesystem::copy_file(MQTRACK_TEST_STATIC, static_);
  }
  LaunchOptions Options(std::vector<std::string> command) const {
    LaunchOptions options;
    options.command = std::move(command);
    options.recorder_path = preload_;
    options.log_dir = directory_.path();
    return options;
  }
  LaunchOptions Shell(const std::string& script) const { return Options({"/bin/sh", "-c", script}); }
  [[nodiscard]] std::string File(const std::string& name) const { return directory_.File(name); }
  [[nodiscard]] std::string Content(const std::string& name) const {
    const auto content = support::ReadFile(File(name));
    return content ? *content : content.error().ToString();
  }
  std::string Script(const std::string& name, const std::string& text, mode_t mode = 0755) const {
    EXPECT_TRUE(support::WriteFile(File(name), text));
    EXPECT_EQ(::chmod(File(name).c_str(), mode), 0);
    return File(name);
  }
  testing::ScratchDirectory directory_;
  const std::string preload_ = directory_.File("mark_preload.so"), static_ = directory_.File("static");
};

TEST_F(LaunchTest, GivesTheCommandsOwnStatus) {
  for (const int status : {0, 1, 42, 255}) {
    const auto result = Launch(Shell("exit " + std::to_string(status)));
    ASSERT_TRUE(result) << result.error().ToString();
    EXPECT_EQ(result->exit_code, status);
    EXPECT_GT(result->pid, 0);
    EXPECT_EQ(result->problem, "");
  }
}

TEST_F(LaunchTest, ASignalsStatusIs128More) {
  const auto result = Launch(Shell("kill -KILL $$"));
  ASSERT_TRUE(result) << result.error().ToString();
  EXPECT_EQ(result->exit_code, 128 + SIGKILL);
}

TEST_F(LaunchTest, PreloadsTheRecorderBeforeWhatWasPreloaded) {
  ::setenv("LD_PRELOAD", "libother.so", 1);
  LaunchOptions options =
      Shell("echo $LD_PRELOAD $MQTRACK_LOG_DIR $MQTRACK_SAMPLE $MQTRACK_LOG_LIMIT > " + File("env"));
  options.sample_bytes = 524288;
  options.log_limit_bytes = 1000000;
  const auto result = Launch(options);
  ::unsetenv("LD_PRELOAD");
  ASSERT_TRUE(result) << result.error().ToString();
  EXPECT_EQ(Content("env"), preload_ + ":libother.so " + directory_.path() + " 524288 1000000\n");
}

TEST_F(LaunchTest, DoesNotPreloadTheRecorderTwice) {
  ::setenv("LD_PRELOAD", (preload_ + ":libother.so").c_str(), 1);
  const auto result = Launch(Shell("echo $LD_PRELOAD > " + File("env")));
  ::unsetenv("LD_PRELOAD");
  ASSERT_TRUE(result) << result.error().ToString();
  EXPECT_EQ(Content("env"), preload_ + ":libother.so\n");
}

TEST_F(LaunchTest, TheLibraryIsReallyLoaded) {
  ::setenv("MQTRACK_TEST_MARK", File("mark").c_str(), 1);
  const auto result = Launch(Options({"true"}));
  ::unsetenv("MQTRACK_TEST_MARK");
  ASSERT_TRUE(result) << result.error().ToString();
  EXPECT_EQ(Content("mark"), "loaded\n");
}

TEST_F(LaunchTest, CallsBackWhileThePidCannotBeReused) {
  std::string state;
  std::int64_t seen = 0;
  const auto result = Launch(Shell("exit 3"), [&](std::int64_t pid) {
    seen = pid;
    if (const auto status = procfs::ReadProcStatus(pid)) state = status->state;
  });
  ASSERT_TRUE(result) << result.error().ToString();
  EXPECT_EQ(state, "Z");
  EXPECT_EQ(seen, result->pid);
  EXPECT_FALSE(procfs::ReadProcStatus(result->pid));
}

TEST_F(LaunchTest, ReturnsWhenADaemonsParentDoes) {
  const auto result = Launch(Shell("sleep 100 >/dev/null 2>&1 & echo $! > " + File("pid")));
  ASSERT_TRUE(result) << result.error().ToString();
  EXPECT_EQ(result->exit_code, 0);
  const pid_t daemon = static_cast<pid_t>(std::stol(Content("pid")));
  EXPECT_EQ(::kill(daemon, SIGKILL), 0) << "it runs on";
}

// As in a container whose first process it is: an orphan is its child, and nobody else takes it when it has ended. The
// command sees that it is gone, since a zombie still takes signals.
TEST_F(LaunchTest, TakesTheOrphansThatItIsGiven) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const std::string orphan = File("orphan");
  const auto result = Launch(Shell("(/bin/sh -c 'echo $$ > " + orphan + "' &); until [ -s " + orphan +
                                   " ]; do :; done; tries=0; while kill -0 $(cat " + orphan +
                                   ") 2>/dev/null; do tries=$((tries + 1)); [ $tries -lt 20000 ] || exit 9; done"));
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_code, 0);
}

TEST_F(LaunchTest, ForwardsASignalThatOnlyMqtrackGot) {
  const std::string script =
      // Not `wait`: dash sleeps through a signal that comes just before it.
      "trap 'echo got >> " + File("got") + "; exit 7' TERM; echo > " + File("ready") + "; while :; do sleep 0.05; done";
  const ChildProcess launcher([&] {
    const auto result = Launch(Shell(script));
    return result ? result->exit_code : 99;
  });
  ASSERT_TRUE(WaitUntil([&] { return ::access(File("ready").c_str(), F_OK) == 0; }));
  ::kill(launcher.pid(), SIGTERM);
  launcher.WaitForEnd();
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(launcher.pid()), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(info.si_status, 7);
  EXPECT_EQ(Content("got"), "got\n");
}

TEST_F(LaunchTest, ACommandThatIsNotThere) {
  const auto result = Launch(Options({"no-such-command-at-all"}));
  ASSERT_TRUE(result) << result.error().ToString();
  EXPECT_EQ(result->exit_code, 127);
  EXPECT_EQ(result->pid, 0);
  EXPECT_EQ(result->problem, "no-such-command-at-all: not found in PATH; check the spelling, or give its path");
}

TEST_F(LaunchTest, CommandsThatCannotBeExecuted) {
  const auto directory = Launch(Options({directory_.path()}));
  ASSERT_TRUE(directory);
  EXPECT_EQ(directory->exit_code, 126);
  EXPECT_THAT(directory->problem, HasSubstr("is a directory"));
  const auto plain = Launch(Options({Script("plain", "#!/bin/sh\n", 0644)}));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->exit_code, 126);
  EXPECT_THAT(plain->problem, HasSubstr("chmod +x"));
}

TEST_F(LaunchTest, AMissingRecorderSaysWhereItWasLookedFor) {
  const auto missing = FindRecorder(File("none.so"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
}

TEST_F(LaunchTest, PreloadsFromAPathWithABlankByALink) {
  const std::string recorder = File("with a blank.so");
  std::filesystem::copy_file(MQTRACK_TEST_PRELOAD, recorder);
  LaunchOptions options = Shell("echo $LD_PRELOAD > " + File("env"));
  options.recorder_path = recorder;
  const auto result = Launch(options);
  ASSERT_TRUE(result) << result.error().ToString();
  std::string link = Content("env");
  link.pop_back();
  EXPECT_EQ(link.find_first_of(" :"), std::string::npos) << link;
  EXPECT_EQ(std::filesystem::read_symlink(link), recorder);
  std::filesystem::remove(link);
}

TEST_F(LaunchTest, DynamicProgramsAndScriptsAreRecordable) {
  EXPECT_TRUE(CheckRecordable("/bin/sh"));
  EXPECT_TRUE(CheckRecordable("sh"));
  EXPECT_TRUE(CheckRecordable(Script("script", "#!/bin/sh -e\nexit 0\n")));
  EXPECT_TRUE(CheckRecordable(Script("with-env", "#!/usr/bin/env sh\n")));
}

TEST_F(LaunchTest, AStaticProgramIsNot) {
  for (const std::string& program : {std::string(MQTRACK_TEST_STATIC), std::string(MQTRACK_TEST_STATIC_PIE)}) {
    const auto checked = CheckRecordable(program);
    ASSERT_FALSE(checked) << program;
    EXPECT_EQ(checked.error().code, ErrorCode::kCannotMeasure);
    EXPECT_THAT(checked.error().text, AllOf(HasSubstr("statically linked"), HasSubstr("link it dynamically")));
    EXPECT_FALSE(Launch(Options({program})));
  }
}

TEST_F(LaunchTest, AScriptIsAsRecordableAsItsInterpreter) {
  const auto checked = CheckRecordable(Script("script", "#!" + static_ + "\n"));
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().text, AllOf(StartsWith("its interpreter"), HasSubstr("statically linked")));
  EXPECT_FALSE(CheckRecordable(Script("lost", "#!/no/such/interpreter\n")));
  EXPECT_FALSE(CheckRecordable(Script("loop", "#!" + File("loop") + "\n")));
  EXPECT_FALSE(CheckRecordable(Script("none", "echo no first line\n")));
}

TEST_F(LaunchTest, SetUidAndSetGidProgramsAreNot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
  const std::string program = File("copy");
  ASSERT_TRUE(support::WriteFile(program, *support::ReadFile("/bin/true")));
  ASSERT_EQ(::chown(program.c_str(), 12345, 12345), 0);
  ASSERT_EQ(::chmod(program.c_str(), 0755 | S_ISUID), 0);
  const auto set_uid = CheckRecordable(program);
  ASSERT_FALSE(set_uid);
  EXPECT_THAT(set_uid.error().text, HasSubstr("set-uid to user id 12345"));
  ASSERT_EQ(::chmod(program.c_str(), 0755 | S_ISGID), 0);
  EXPECT_THAT(CheckRecordable(program).error().text, HasSubstr("set-gid to group id 12345"));
  ASSERT_EQ(::chown(program.c_str(), 0, 0), 0);
  ASSERT_EQ(::chmod(program.c_str(), 0755 | S_ISUID | S_ISGID), 0);
  EXPECT_TRUE(CheckRecordable(program)) << "root's own bits change nothing for root";
}

TEST_F(LaunchTest, AnotherArchitectureIsNot) {
  std::string elf = *support::ReadFile("/bin/true");
  elf[18] = static_cast<char>(0xf3);  // e_machine: RISC-V
  elf[19] = 0;
  const std::string program = Script("foreign", elf);
  const auto checked = CheckRecordable(program);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().text, HasSubstr("64-bit RISC-V"));
}

TEST_F(LaunchTest, MuslIsNot) {
  std::string elf = *support::ReadFile("/bin/true");
  const std::string glibc = "ld-linux-x86-64.so.2";
  const std::size_t at = elf.find(glibc);
  if (at == std::string::npos) GTEST_SKIP() << "another loader on this machine";
  const std::string musl = "ld-musl-x86_64.so.1";
  elf.replace(at, musl.size(), musl);
  EXPECT_THAT(CheckRecordable(Script("musl", elf)).error().text, HasSubstr("built for musl"));
}

TEST_F(LaunchTest, TruncatedProgramsDoNotCrashTheCheck) {
  const std::string elf = *support::ReadFile("/bin/true");
  for (std::size_t length = 0; length < elf.size(); length += length < 128 ? 1 : 997) {
    const std::string program = Script("cut", elf.substr(0, length));
    (void)CheckRecordable(program);
    EXPECT_EQ(OwnAllocatorWarning(program).find("malloc"), std::string::npos);
  }
}

TEST_F(LaunchTest, WarnsOfAProgramWithItsOwnAllocator) {
  EXPECT_THAT(OwnAllocatorWarning(MQTRACK_TEST_OWN_MALLOC), HasSubstr("brings its own memory allocator (malloc)"));
  EXPECT_EQ(OwnAllocatorWarning("/bin/sh"), "");
  EXPECT_EQ(OwnAllocatorWarning("/no/such/file"), "");
}

TEST_F(LaunchTest, FindsCallsOfAnAllocatorsOwnFunctions) {
  EXPECT_EQ(FindUnseenCall(MQTRACK_TEST_OWN_CALL), "sdallocx in mqtrack_test_own_call");
  EXPECT_EQ(FindUnseenCall(MQTRACK_TEST_WEAK_CALL), "");  // it only asks
  EXPECT_EQ(FindUnseenCall("/bin/sh"), "");
  EXPECT_EQ(FindUnseenCall("/no/such/file"), "");
  EXPECT_EQ(FindUnseenCall(Script("broken",
                                  "\x7f"
                                  "ELF")),
            "");
}

}  // namespace
}  // namespace mqtrack::process
