#include "libtrack/symbolize/source_finder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/scratch_directory.h"

namespace mqtrack::symbolize {
namespace {

namespace fs = std::filesystem;

class SourceFinderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "tree" / "src");
    Write("tree/src/a.c", "one\r\ntwo\n");
  }
  void Write(const std::string& path, const std::string& text) { std::ofstream(folder_ / path) << text; }
  [[nodiscard]] SourceOptions Below() const {
    SourceOptions options;
    options.folders = {(folder_ / "tree").string()};
    options.below_folders_only = true;
    return options;
  }
  [[nodiscard]] static std::string WhyNot(SourceFinder& finder, const std::string& path) {
    const SourceFinder::Found& found = finder.Find(path);
    return found ? "found " + (*found)->path : found.error().text;
  }
  testing::ScratchDirectory scratch_;
  fs::path folder_ = scratch_.path();
};

TEST_F(SourceFinderTest, FindsTheEndOfAPathBelowTheFolders) {
  SourceFinder finder(Below());
  const SourceFinder::Found& found = finder.Find("/build/elsewhere/src/a.c");
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->lines, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ((*found)->path, (folder_ / "tree/src/a.c").string());
}

TEST_F(SourceFinderTest, ReadsAFileOnce) {
  SourceFinder finder(Below());
  ASSERT_TRUE(finder.Find("src/a.c"));
  fs::remove(folder_ / "tree/src/a.c");
  EXPECT_TRUE(finder.Find("src/a.c"));
}

TEST_F(SourceFinderTest, LeavesNoFolder) {
  Write("secret.c", "no source\n");
  fs::create_symlink("../../secret.c", folder_ / "tree/src/up.c");
  fs::create_symlink(folder_ / "secret.c", folder_ / "tree/src/away.c");
  fs::create_directory_symlink("..", folder_ / "tree/out");
  fs::create_symlink("a.c", folder_ / "tree/src/near.c");
  SourceFinder finder(Below());
  const std::string secret = (folder_ / "secret.c").string();
  for (const std::string& path :
       {std::string("src/up.c"), std::string("src/away.c"), std::string("out/secret.c"), std::string("../secret.c"),
        std::string("src/../../secret.c"), secret, std::string("/proc/self/root") + secret}) {
    EXPECT_NE(WhyNot(finder, path).find("is not here"), std::string::npos) << path;
  }
  EXPECT_TRUE(finder.Find("src/near.c"));
}

TEST_F(SourceFinderTest, WithoutAFolderNothingIsReadForOthers) {
  SourceOptions options;
  options.below_folders_only = true;
  SourceFinder finder(options);
  EXPECT_NE(WhyNot(finder, (folder_ / "tree/src/a.c").string()).find("no folder of sources"), std::string::npos);
}

TEST_F(SourceFinderTest, OpensNeitherPipesNorDevices) {
  ASSERT_EQ(::mkfifo((folder_ / "tree/pipe.c").c_str(), 0600), 0);
  for (const bool below : {true, false}) {
    SourceOptions options = Below();
    options.below_folders_only = below;
    SourceFinder finder(options);
    for (const char* path : {"pipe.c", "/dev/zero", "/proc/kmsg", "/proc/self/environ", "src"})
      EXPECT_NE(WhyNot(finder, path).find("is not here"), std::string::npos) << path;
  }
}

TEST_F(SourceFinderTest, StopsAtEachBound) {
  SourceOptions options = Below();
  options.bounds.looks = 3;
  SourceFinder looks(options);
  EXPECT_NE(WhyNot(looks, "a/b/c/d/e/missing.c").find("too many places"), std::string::npos);
  EXPECT_NE(WhyNot(looks, "src/a.c").find("too many places"), std::string::npos) << "of all that it does";
  options = Below();
  options.bounds.bytes = 4;
  SourceFinder bytes(options);
  EXPECT_TRUE(bytes.Find("src/a.c"));
  EXPECT_NE(WhyNot(bytes, "src/b.c").find("too much"), std::string::npos);
  options = Below();
  options.bounds.time = std::chrono::milliseconds(0);
  SourceFinder time(options);
  EXPECT_NE(WhyNot(time, "src/a.c").find("too long"), std::string::npos);
}

TEST_F(SourceFinderTest, TakesNoPathThatTheKernelWouldNot) {
  SourceFinder finder(Below());
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "d/";
  EXPECT_NE(WhyNot(finder, deep + "a.c").find("no valid name"), std::string::npos);
  EXPECT_NE(WhyNot(finder, std::string("src/a.c\0x", 9)).find("no valid name"), std::string::npos);
}

TEST_F(SourceFinderTest, ReadsNoFileThatIsNoSource) {
  Write("tree/long.c", std::string(600'000, '\n'));
  Write("tree/large.c", "");
  fs::resize_file(folder_ / "tree/large.c", (std::uintmax_t{16} << 20) + 1);
  SourceFinder finder(Below());
  for (const char* path : {"long.c", "large.c"})
    EXPECT_NE(WhyNot(finder, path).find("is not here"), std::string::npos) << path;
}

}  // namespace
}  // namespace mqtrack::symbolize
