#include "libtrack/support/backoff.h"

#include <gtest/gtest.h>

#include <set>

namespace mqtrack::support {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, DoublesUpToTheLongestLessAtMostAHalf) {
  Backoff backoff(milliseconds(1000), milliseconds(6000));
  for (const int whole : {1000, 2000, 4000, 6000, 6000}) {
    const milliseconds wait = backoff.Next();
    EXPECT_LE(wait.count(), whole);
    EXPECT_GE(wait.count(), whole / 2);
  }
  backoff.Reset();
  EXPECT_LE(backoff.Next().count(), 1000);
}

TEST(Backoff, IsAnotherOneEachTime) {
  std::set<milliseconds> waits;
  for (int i = 0; i < 100; ++i) waits.insert(Backoff(milliseconds(100'000), milliseconds(100'000)).Next());
  EXPECT_GT(waits.size(), 10u);
}

}  // namespace
}  // namespace mqtrack::support
