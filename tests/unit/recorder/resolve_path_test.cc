#include "preload/recorder/log/resolve_path.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace mqtrack::recorder {
namespace {

namespace fs = std::filesystem;

class ResolvePathTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "resolve-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = fs::canonical(pattern);
    before_ = fs::current_path();
    fs::create_directories(root_ / "real/deep");
    std::ofstream(root_ / "real/deep/libx.so.1.2") << "x";
    fs::create_symlink("libx.so.1.2", root_ / "real/deep/libx.so.1");
    fs::create_directory_symlink("real", root_ / "short");
    fs::create_directory_symlink(root_ / "short" / "deep", root_ / "absolute");
    fs::create_symlink("../real/deep/../deep/libx.so.1", root_ / "real/again.so");
    fs::create_symlink("loop", root_ / "loop");
  }
  void TearDown() override {
    fs::current_path(before_);
    fs::remove_all(root_);
  }
  /// "" if it cannot be resolved.
  static std::string Resolve(const fs::path& path, std::size_t capacity = 512) {
    std::string resolved(capacity, 'x');
    return ResolvePath(path.c_str(), resolved.data(), capacity) ? resolved.c_str() : "";
  }
  fs::path root_, before_;
};

TEST_F(ResolvePathTest, AgreesWithTheStandardLibrary) {
  for (const char* name : {"real/deep/libx.so.1.2", "real/deep/libx.so.1", "short/deep/libx.so.1", "absolute/libx.so.1",
                           "real/again.so", "short/again.so", "real//./deep/../deep/libx.so.1", "short"}) {
    EXPECT_EQ(Resolve(root_ / name), fs::canonical(root_ / name)) << name;
  }
  EXPECT_EQ(Resolve("/proc/self/exe"), fs::canonical("/proc/self/exe"));
  EXPECT_EQ(Resolve("/../../etc"), fs::canonical("/etc"));
}

TEST_F(ResolvePathTest, RelativePathsCountFromTheWorkingDirectory) {
  fs::current_path(root_ / "short");
  EXPECT_EQ(Resolve("./deep/libx.so.1"), root_ / "real/deep/libx.so.1.2");
  EXPECT_EQ(Resolve("../absolute/libx.so.1"), root_ / "real/deep/libx.so.1.2");
  fs::current_path("/");
  EXPECT_EQ(Resolve((root_ / "absolute/libx.so.1").string().substr(1)), root_ / "real/deep/libx.so.1.2");
}

TEST_F(ResolvePathTest, SaysNoToWhatCannotBe) {
  errno = 77;
  EXPECT_EQ(Resolve(root_ / "none"), "");
  EXPECT_EQ(Resolve(root_ / "real/none/libx.so.1"), "");
  EXPECT_EQ(Resolve(root_ / "loop"), "");
  EXPECT_EQ(Resolve(root_ / std::string(3000, 'x')), "");
  EXPECT_EQ(Resolve(""), "");
  EXPECT_EQ(Resolve(root_ / "absolute/libx.so.1", 16), "") << "must not write beyond the buffer";
  EXPECT_EQ(errno, 77);
}

}  // namespace
}  // namespace mqtrack::recorder
