#include "preload/recorder/log/log_file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libtrack/log/reader.h"
#include "tests/unit/recorder/recording_fixture.h"

namespace mqtrack::recorder {
namespace {

using LogFileTest = RecordingTest;

TEST_F(LogFileTest, IsPrivateAndSaysWhoWeAre) {
  LogFile file;
  const char* why = nullptr;
  ASSERT_TRUE(file.Create(settings_, why)) << why;
  struct stat info {};
  ASSERT_EQ(::stat(LogPath().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  EXPECT_EQ(file.header().pid, static_cast<std::uint32_t>(::getpid()));
  EXPECT_NE(file.header().start_ticks, 0u);
  EXPECT_NE(std::string(file.header().exe).find("recorder_test"), std::string::npos);
  EXPECT_STREQ(file.header().comm, std::string("recorder_test").substr(0, 15).c_str());
  const std::uint64_t space = file.header().pid_namespace;
  EXPECT_NE(space, 0u);
  EXPECT_EQ(LogPath(), directory_ + "/" + std::to_string(::getpid()) + "-" + std::to_string(file.header().start_ticks) +
                           (space == log::kInitialPidNamespace ? "" : "-" + std::to_string(space)) + ".log");
}

TEST_F(LogFileTest, CommitsZeroedMemoryUntilTheLimit) {
  settings_.limit_bytes = std::uint64_t{8} << 20;
  LogFile file;
  const char* why = nullptr;
  ASSERT_TRUE(file.Create(settings_, why)) << why;
  std::uint64_t committed = log::kHeaderBytes;
  while (const std::uint64_t offset = file.Commit(1 << 20)) {
    for (std::uint64_t i = 0; i < 1 << 20; i += 4096) EXPECT_EQ(*file.At<char>(offset + i), 0);
    std::memset(file.At<char>(offset), 0xff, 1 << 20);
    committed += 1 << 20;
    ASSERT_LE(committed, settings_.limit_bytes);
  }
  EXPECT_EQ(committed, log::kHeaderBytes + (std::uint64_t{7} << 20));
  EXPECT_EQ(file.header().reserved_bytes, committed);
  struct stat info {};
  ASSERT_EQ(::stat(LogPath().c_str(), &info), 0);
  EXPECT_EQ(static_cast<std::uint64_t>(info.st_blocks) * 512, committed);
}

TEST_F(LogFileTest, RefusesADirectoryOthersCanWriteTo) {
  ASSERT_EQ(::chmod(directory_.c_str(), 0777), 0);
  LogFile file;
  const char* why = nullptr;
  EXPECT_FALSE(file.Create(settings_, why));
  EXPECT_STREQ(why, "the log directory belongs to, or can be written by, another user");
  EXPECT_EQ(LogPath(), "");
}

TEST_F(LogFileTest, RefusesALinkInsteadOfADirectory) {
  const std::string link = directory_ + "/link";
  ASSERT_EQ(::symlink("/dev/shm", link.c_str()), 0);
  std::strcpy(settings_.directory, link.c_str());
  LogFile file;
  const char* why = nullptr;
  EXPECT_FALSE(file.Create(settings_, why));
}

TEST_F(LogFileTest, StaysWithinTheServicesOwnLimits) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit limit{std::uint64_t{64} << 20, std::uint64_t{64} << 20};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    LogFile file;
    const char* why = nullptr;
    ::_exit(file.Create(settings_, why) && file.header().file_bytes <= std::uint64_t{64} << 20 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace mqtrack::recorder
