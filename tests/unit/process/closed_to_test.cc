// Who can open a file, judged by modes alone.
#include "libtrack/process/closed_to.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "libtrack/support/file.h"
#include "tests/support/scratch_directory.h"

namespace mqtrack::process {
namespace {

// A file in two folders that everybody may enter.
class ClosedToTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(inner_);
    ASSERT_TRUE(support::WriteFile(file_, "x"));
    Mode(directory_.path(), 0711);
    Mode(outer_, 0711);
    Mode(inner_, 0711);
    Mode(file_, 0644);
  }
  static void Mode(const std::string& path, mode_t mode) { ASSERT_EQ(::chmod(path.c_str(), mode), 0); }

  testing::ScratchDirectory directory_;
  const std::string outer_ = directory_.File("outer"), inner_ = outer_ + "/inner", file_ = inner_ + "/file";
  const std::uint32_t stranger_ = ::getuid() + 1;
};

TEST_F(ClosedToTest, NothingIsClosedToRoot) {
  Mode(file_, 0);
  EXPECT_EQ(ClosedTo(file_, 0), "");
}

TEST_F(ClosedToTest, WhatEverybodyMayReadIsOpen) { EXPECT_EQ(ClosedTo(file_, stranger_), ""); }

TEST_F(ClosedToTest, TheFirstFolderOnTheWayIsNamed) {
  Mode(inner_, 0700);
  EXPECT_EQ(ClosedTo(file_, stranger_), inner_);
  Mode(outer_, 0710);
  EXPECT_EQ(ClosedTo(file_, stranger_), outer_);
}

TEST_F(ClosedToTest, TheFileItselfMayBeClosed) {
  Mode(file_, 0640);
  EXPECT_EQ(ClosedTo(file_, stranger_), std::filesystem::canonical(file_));
}

TEST_F(ClosedToTest, ItsOwnerIsJudgedByTheOwnersRights) {
  Mode(inner_, 0700);
  Mode(file_, 0600);
  std::uint32_t owner = ::getuid();
  if (owner == 0) {
    owner = stranger_;
    ASSERT_EQ(::chown(inner_.c_str(), owner, owner), 0);
    ASSERT_EQ(::chown(file_.c_str(), owner, owner), 0);
  }
  EXPECT_EQ(ClosedTo(file_, owner), "");
  EXPECT_EQ(ClosedTo(file_, owner + 1), inner_);
  Mode(file_, 0066);
  EXPECT_EQ(ClosedTo(file_, owner), std::filesystem::canonical(file_));
}

TEST_F(ClosedToTest, ALinkIsFollowedAndBothWaysCount) {
  const std::string link = directory_.File("link");
  std::filesystem::create_symlink(file_, link);
  EXPECT_EQ(ClosedTo(link, stranger_), "");
  Mode(outer_, 0700);
  EXPECT_EQ(ClosedTo(link, stranger_), std::filesystem::canonical(outer_));
}

TEST_F(ClosedToTest, WhatIsMissingIsClosed) { EXPECT_EQ(ClosedTo(file_ + "2", stranger_), file_ + "2"); }

}  // namespace
}  // namespace mqtrack::process
