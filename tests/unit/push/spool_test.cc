#include "libtrack/push/spool.h"

#include <gtest/gtest.h>

#include "tests/support/scratch_directory.h"

namespace mqtrack::push {
namespace {

using testing::ScratchDirectory;

TEST(SpoolTest, OldestFirstAndAcrossRestarts) {
  const ScratchDirectory scratch;
  const std::string folder = scratch.File("a/spool");
  {
    const auto spool = Spool::Open(folder, 1000);
    ASSERT_TRUE(spool.ok()) << spool.error().ToString();
    ASSERT_TRUE((*spool)->Add("first").ok());
    ASSERT_TRUE((*spool)->Add("second").ok());
    EXPECT_FALSE(Spool::Open(folder, 1000).ok());  // one at a time
  }
  const auto spool = Spool::Open(folder, 1000);
  ASSERT_TRUE(spool.ok());
  ASSERT_TRUE((*spool)->Add("third").ok());
  for (const char* expected : {"first", "second", "third"}) {
    EXPECT_EQ((*spool)->Oldest(), expected);
    (*spool)->RemoveOldest();
  }
  EXPECT_EQ((*spool)->Oldest(), std::nullopt);
  EXPECT_EQ((*spool)->bytes(), 0);
  EXPECT_EQ((*spool)->lost(), 0);
}

TEST(SpoolTest, TheOldestGoWhereTheLimitIsReached) {
  const ScratchDirectory scratch;
  {
    const auto spool = Spool::Open(scratch.File("spool"), 100);
    ASSERT_TRUE(spool.ok());
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE((*spool)->Add(std::string(30, static_cast<char>('a' + i))).ok());
      EXPECT_LE((*spool)->bytes(), 100);
    }
    EXPECT_EQ((*spool)->lost(), 7);
    EXPECT_EQ((*spool)->Oldest(), std::string(30, 'h'));
    EXPECT_FALSE((*spool)->Add(std::string(101, 'x')).ok());  // and nothing goes for what cannot fit at all
    EXPECT_EQ((*spool)->count(), 3U);
  }
  const auto smaller = Spool::Open(scratch.File("spool"), 40);  // with less room than before
  ASSERT_TRUE(smaller.ok());
  EXPECT_EQ((*smaller)->count(), 1U);
  EXPECT_EQ((*smaller)->Oldest(), std::string(30, 'j'));
}

}  // namespace
}  // namespace mqtrack::push
