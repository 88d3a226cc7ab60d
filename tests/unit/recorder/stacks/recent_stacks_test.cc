// Stacks met lately: what they find must be the stack that unwinding gives, or nothing.
#include "preload/recorder/stacks/recent_stacks.h"

#include <atomic>
#include <cstdint>
#include <memory>

#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/unwinding/rule_cache.h"
#include "tests/unit/recorder/stacks/call_tree.h"

namespace mqtrack::recorder {
namespace {

class RecentStacksTest : public CallTreeTest {
 public:
  using CallTreeTest::WalkOne;

 protected:
  /// As Walk, with frames of one size.
  __attribute__((noinline)) void Go(unsigned path, int left) {
    if (left == 0) return Visit();
    if ((path & 1) != 0)
      Go(path >> 1, left - 1);
    else
      GoElsewhere(path >> 1, left - 1);
    asm volatile("" ::: "memory");
  }
  __attribute__((noinline)) void GoElsewhere(unsigned path, int left) {
    Go(path, left);
    asm volatile("nop" ::: "memory");
  }
  __attribute__((noipa)) void GoAll(int rounds, unsigned paths, int depth) {
    for (int round = 0; round < rounds; ++round) {
      for (unsigned path = 0; path < paths; ++path) Go(path, depth);
    }
  }

  /// Looks the stack up, unwinds, compares, and remembers what was not known.
  __attribute__((noinline, optimize("no-omit-frame-pointer"))) void Visit() override {
    const std::uint64_t era = LoadAcquire(rule_era);
    const StartFrame start{__builtin_frame_address(0)};
    const log::StackId found = stacks_->Find(start);
    std::uint64_t addresses[kMax];
    const Unwound unwound = Unwind(start, addresses, kMax);
    Count(found, IdOf(addresses, unwound));
    if (found == log::StackId::kNone) stacks_->Remember(start, IdOf(addresses, unwound), era);
  }

  std::unique_ptr<RecentStacks> stacks_ = std::make_unique<RecentStacks>();
};

TEST_F(RecentStacksTest, FindsWhatItRemembers) {
  GoAll(2, 1024, 10);
  EXPECT_EQ(wrong_, 0);
  EXPECT_GT(known_, 1024 * 9 / 10);  // a few may share a place
}

TEST_F(RecentStacksTest, FramesOfChangingSizeAreNeverTakenForOneAnother) {
  WalkAll(10, 1024, 10);
  EXPECT_EQ(wrong_, 0);
}

TEST_F(RecentStacksTest, ManyMoreThanThereAreTables) {
  WalkAll(2, 1u << 15, 15);
  EXPECT_EQ(wrong_, 0);
}

TEST_F(RecentStacksTest, LeavesStacksAloneThatAreTooDeep) {
  WalkOne(3, 5, 100);
  EXPECT_EQ(known_, 0);
  WalkOne(3, 5, 5);
  EXPECT_EQ(known_, 2);
}

TEST_F(RecentStacksTest, ForgetsWhenALibraryWasUnloaded) {
  WalkOne(3, 5, 8);
  EXPECT_EQ(known_, 2);
  InvalidateRules();
  WalkOne(3, 5, 8);
  EXPECT_EQ(known_, 2 + 2);
}

/// A frame whose size changes with `room` and that is found by its frame pointer, above one that realigned its stack.
__attribute__((noinline)) void Realigned(const std::atomic<int>& room, void (*visit)(void*), void* argument) {
  alignas(64) volatile char aligned[64] = {};
  volatile char* more = static_cast<char*>(__builtin_alloca(static_cast<std::size_t>(room.load())));
  more[0] = aligned[0];
  visit(argument);
  aligned[1] = more[0];
}

TEST_F(RecentStacksTest, FollowsFramePointersAndRealignedStacks) {
  std::atomic<int> room = 16;
  const auto visit = [](void* test) { static_cast<RecentStacksTest*>(test)->WalkOne(1, 3, 2); };
  for (int round = 0; round < 12; ++round) {
    room = 16 + round % 3 * 4096;  // the same depth on the page, other places above
    Realigned(room, visit, this);
  }
  EXPECT_EQ(wrong_, 0);
  EXPECT_GT(known_, 0);
}

TEST_F(RecentStacksTest, ThreadsShareItWhileLibrariesComeAndGo) {
  WalkInThreadsWhileLibrariesComeAndGo(512, 2000);
  EXPECT_EQ(wrong_, 0);
  EXPECT_GT(known_, 0);
}

}  // namespace
}  // namespace mqtrack::recorder
