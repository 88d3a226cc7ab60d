// The trie of known call paths: it must lead to the stack that unwinding gives, or nowhere.
#include "preload/recorder/stacks/call_paths.h"

#include <cstdlib>
#include <memory>

#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/unwinding/rule_cache.h"
#include "tests/unit/recorder/stacks/call_tree.h"

namespace mqtrack::recorder {
namespace {

class CallPathsTest : public CallTreeTest {
 protected:
  /// Asks the trie, unwinds, compares, and remembers.
  __attribute__((noinline, optimize("no-omit-frame-pointer"))) void Visit() override {
    const std::uint64_t era = LoadAcquire(rule_era);
    const StartFrame start{__builtin_frame_address(0)};
    const log::StackId found = paths_->Find(start);
    std::uint64_t addresses[kMax];
    const Unwound unwound = Unwind(start, addresses, kMax);
    Count(found, IdOf(addresses, unwound));
    paths_->Remember(addresses, unwound, IdOf(addresses, unwound), era);
  }

  std::unique_ptr<CallPaths> paths_ = std::make_unique<CallPaths>();
};

TEST_F(CallPathsTest, FindsWhatItRemembers) {
  WalkAll(2, 4096, 12);
  EXPECT_EQ(wrong_, 0);
  EXPECT_EQ(known_, 4096);
}

TEST_F(CallPathsTest, ANodeWithManyChildrenFindsThemAll) {
  // Callers are told apart by the return address: a table of calls, each its own.
#define CALL Visit();
#define CALLS CALL CALL CALL CALL CALL CALL CALL CALL
  volatile const int rounds = 3;  // not to be unrolled
  for (int round = 0; round < rounds; ++round) {
    CALLS CALLS CALLS
  }
#undef CALLS
#undef CALL
  EXPECT_EQ(wrong_, 0);
  EXPECT_EQ(known_, 2 * 24);
}

TEST_F(CallPathsTest, BeginsAnewWhenItIsFull) {
  WalkAll(1, 1u << 15, 15);
  WalkAll(2, 16, 4);
  EXPECT_EQ(wrong_, 0);
  EXPECT_GE(known_, 16);
}

TEST_F(CallPathsTest, ForgetsWhenALibraryWasUnloaded) {
  WalkOne(3, 5, 8);
  EXPECT_EQ(known_, 2);
  InvalidateRules();
  WalkOne(3, 5, 8);
  EXPECT_EQ(known_, 2 + 2);
}

TEST_F(CallPathsTest, ThreadsShareItWhileLibrariesComeAndGo) {
  WalkInThreadsWhileLibrariesComeAndGo(~0u, 200);
  EXPECT_EQ(wrong_, 0);
  EXPECT_GT(known_, 0);
}

TEST_F(CallPathsTest, AChildOfForkGoesOnWithIt) {
  WalkOne(2, 3, 6);
  paths_->RepairAfterFork();
  WalkOne(2, 3, 6);
  EXPECT_EQ(wrong_, 0);
  EXPECT_GE(known_, 2);
}

}  // namespace
}  // namespace mqtrack::recorder
