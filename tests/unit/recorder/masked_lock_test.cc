#include "preload/recorder/sync/masked_lock.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <thread>
#include <vector>

namespace mqtrack::recorder {
namespace {

MaskedLock shared_lock;
std::uint64_t counted_twice[2];  // both under the lock
std::atomic<int> handled;

void CountOnce() {
  const MaskedLock::Hold hold(shared_lock);
  ASSERT_TRUE(hold.is_held());
  ++counted_twice[0];
  ++counted_twice[1];
}

void OnSignal(int) {
  CountOnce();
  ++handled;
}

TEST(MaskedLockTest, ThreadsTakeTurns) {
  counted_twice[0] = counted_twice[1] = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 5000; ++i) CountOnce();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counted_twice[0], 20000u);
  EXPECT_EQ(counted_twice[1], 20000u);
}

TEST(MaskedLockTest, AHandlerNeverFindsItHeldByWhatItInterrupted) {
  counted_twice[0] = counted_twice[1] = 0;
  handled = 0;
  struct sigaction action {
  }, before{};
  action.sa_handler = OnSignal;
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
  std::atomic<bool> is_done = false;
  std::uint64_t counted = 0;
  std::thread victim([&] {
    std::mutex other;  // ThreadSanitizer runs handlers when it sees a call that it knows
    for (; !is_done; ++counted) {
      const std::lock_guard guard(other);
      CountOnce();
    }
  });
  for (int sent = 1; sent <= 300; ++sent) {
    ASSERT_EQ(::pthread_kill(victim.native_handle(), SIGUSR1), 0);
    while (handled < sent) std::this_thread::yield();
  }
  is_done = true;
  victim.join();
  ::sigaction(SIGUSR1, &before, nullptr);
  EXPECT_EQ(counted_twice[0], counted + 300);
  EXPECT_EQ(counted_twice[0], counted_twice[1]);
}

TEST(MaskedLockTest, SignalsAreAsBeforeAfterwards) {
  sigset_t mask, after;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR2);
  sigset_t original;
  ::pthread_sigmask(SIG_BLOCK, &mask, &original);
  CountOnce();
  ::pthread_sigmask(SIG_SETMASK, &original, &after);
  EXPECT_TRUE(sigismember(&after, SIGUSR2));
  EXPECT_FALSE(sigismember(&after, SIGUSR1));
}

TEST(MaskedLockTest, WhoWaitsInVainGoesWithout) {
  MaskedLock lock;
  {
    const MaskedLock::Hold held(lock);
    ASSERT_TRUE(held.is_held());
    std::thread([&lock] {
      const MaskedLock::Hold first(lock);
      EXPECT_FALSE(first.is_held());
      const MaskedLock::Hold second(lock);  // does not wait again
      EXPECT_FALSE(second.is_held());
    }).join();
  }
  const MaskedLock::Hold again(lock);
  EXPECT_TRUE(again.is_held());
}

TEST(MaskedLockTest, AfterForkItIsFree) {
  MaskedLock lock;
  EXPECT_FALSE(lock.ResetAfterFork());
  const MaskedLock::Hold parents(lock);
  EXPECT_TRUE(lock.ResetAfterFork());
  const MaskedLock::Hold childs(lock);
  EXPECT_TRUE(childs.is_held());
}

}  // namespace
}  // namespace mqtrack::recorder
