// However many ask, a process is looked at once in an interval, whatever comes of it.
#include "libtrack/service/snapshot_desk.h"

#include <gtest/gtest.h>

namespace mqtrack::service {
namespace {

Target Gone() {
  Target target;
  target.name = "gone";
  target.process.log_path = "/dev/null/gone";
  return target;
}

TEST(SnapshotDesk, AFailureIsKeptForAsLongAsASnapshot) {
  SnapshotDesk desk({}, std::chrono::hours(1));
  const Target target = Gone();
  for (int i = 0; i < 3; ++i) {
    const auto heap = desk.Heap(target, desk.Recent());
    ASSERT_FALSE(heap);
    EXPECT_FALSE(heap.error().ToString().empty());
    EXPECT_FALSE(desk.Threads(target, desk.Recent()));
  }
  EXPECT_EQ(desk.counts().taken.load(), 2u) << "one of the heap, one of the threads";
}

TEST(SnapshotDesk, AnotherLookIsDueWhenTheIntervalIsOver) {
  SnapshotDesk desk({}, std::chrono::milliseconds(0));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(desk.Heap(Gone(), SnapshotDesk::Clock::now()));
  EXPECT_EQ(desk.counts().taken.load(), 3u);
}

}  // namespace
}  // namespace mqtrack::service
