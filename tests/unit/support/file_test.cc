#include "libtrack/support/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>

namespace mqtrack::support {
namespace {

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "mqtrack_file_XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  std::string folder_;
};

TEST_F(FileTest, WritesAndReadsBack) {
  const std::string content("a\0b", 3);
  ASSERT_TRUE(WriteFile(Path("x"), content).ok());
  EXPECT_EQ(*ReadFile(Path("x")), content);
  ASSERT_TRUE(WriteFile(Path("x"), "shorter").ok());
  EXPECT_EQ(*ReadFile(Path("x")), "shorter");
}

TEST_F(FileTest, LeavesNoTemporaryFile) {
  ASSERT_TRUE(WriteFile(Path("x"), "1").ok());
  EXPECT_FALSE(WriteFile(Path("missing/x"), "1").ok());
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_)) ++files;
  EXPECT_EQ(files, 1u);
}

TEST_F(FileTest, HonoursTheUmask) {
  const mode_t old = ::umask(027);
  ASSERT_TRUE(WriteFile(Path("x"), "1").ok());
  ::umask(old);
  struct stat info {};
  ASSERT_EQ(::stat(Path("x").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
}

TEST_F(FileTest, LeavesTheUmaskToOtherThreads) {
  std::string folder = "/dev/shm/mqtrack_file_XXXXXX";  // where a file is made in no time
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string other_file = folder + "/other";
  const mode_t old = ::umask(077);
  std::atomic<bool> is_over = false;
  std::thread other([&] {
    for (int i = 0; i < 20'000; ++i) (void)WriteFile(folder + "/x", "1");
    is_over = true;
  });
  std::int64_t made = 0, open_to_all = 0;
  for (; !is_over; ++made) {
    const int fd = ::open(other_file.c_str(), O_CREAT | O_EXCL | O_WRONLY, 0666);
    struct stat info {};
    if (fd < 0 || ::fstat(fd, &info) != 0 || (info.st_mode & 077) != 0) ++open_to_all;
    ::close(fd);
    ::unlink(other_file.c_str());
  }
  other.join();
  ::umask(old);
  std::filesystem::remove_all(folder);
  EXPECT_GT(made, 0);
  EXPECT_EQ(open_to_all, 0);
}

TEST_F(FileTest, WhatIsReplacedStaysAsPrivateAsItWas) {
  ASSERT_TRUE(WriteFile(Path("x"), "1").ok());
  ASSERT_EQ(::chmod(Path("x").c_str(), 0600), 0);
  ASSERT_TRUE(WriteFile(Path("x"), "2").ok());
  struct stat info {};
  ASSERT_EQ(::stat(Path("x").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(FileTest, RefusesMoreThanTheLimit) {
  ASSERT_TRUE(WriteFile(Path("x"), "12345").ok());
  EXPECT_TRUE(ReadFile(Path("x"), 5).ok());
  const auto content = ReadFile(Path("x"), 4);
  ASSERT_FALSE(content.ok());
  EXPECT_EQ(content.error().where, Path("x"));
}

TEST_F(FileTest, RefusesAHugeSparseFileWithoutReadingIt) {
  ASSERT_TRUE(WriteFile(Path("x"), "12345").ok());
  std::error_code error;
  std::filesystem::resize_file(Path("x"), std::uintmax_t{1} << 40, error);
  if (error) GTEST_SKIP() << "this file system holds no such file";
  const auto content = ReadFile(Path("x"), std::uint64_t{1} << 39);
  ASSERT_FALSE(content.ok());
  EXPECT_EQ(content.error().where, Path("x"));
}

// As the shell's <(command) is: whoever reads it waits for who writes.
TEST_F(FileTest, APipeWithoutAPlaceIsReadToItsEnd) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  std::thread writer([&] {
    std::this_thread::yield();
    EXPECT_EQ(::write(ends[1], "later", 5), 5);
    ::close(ends[1]);
  });
  const auto content = ReadFile("/proc/self/fd/" + std::to_string(ends[0]));
  writer.join();
  ::close(ends[0]);
  ASSERT_TRUE(content.ok()) << content.error().ToString();
  EXPECT_EQ(*content, "later");
}

TEST_F(FileTest, APipeInAFolderIsRefusedAtOnce) {
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  const auto content = ReadFile(Path("pipe"));
  ASSERT_FALSE(content.ok());
  EXPECT_EQ(content.error().where, Path("pipe"));
  EXPECT_NE(content.error().text.find("named pipe"), std::string::npos);
}

TEST_F(FileTest, SaysWhatIsMissing) {
  const auto content = ReadFile(Path("none"));
  ASSERT_FALSE(content.ok());
  EXPECT_EQ(content.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(content.error().ToString(), Path("none") + ": cannot open: No such file or directory");
}

TEST_F(FileTest, MapsRegularFilesOnly) {
  ASSERT_TRUE(WriteFile(Path("x"), "abc").ok());
  const auto mapped = MappedFile::Open(Path("x"), MappedFile::Access::kRead);
  ASSERT_TRUE(mapped.ok());
  EXPECT_EQ(mapped->size(), 3u);
  EXPECT_EQ(mapped->data()[2], std::byte{'c'});
  ASSERT_TRUE(WriteFile(Path("empty"), "").ok());
  EXPECT_FALSE(MappedFile::Open(Path("empty"), MappedFile::Access::kRead).ok());
  EXPECT_FALSE(MappedFile::Open("/dev/null", MappedFile::Access::kRead).ok());
  EXPECT_FALSE(MappedFile::Open(folder_, MappedFile::Access::kRead).ok());
}

}  // namespace
}  // namespace mqtrack::support
