// Who comes by while the live table shrinks: forks, signal handlers, threads.
#include <signal.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <random>
#include <set>
#include <thread>

#include "preload/recorder/labels/label_table.h"
#include "preload/recorder/log/arena.h"
#include "preload/recorder/stacks/module_table.h"
#include "preload/recorder/stacks/stack_table.h"
#include "tests/support/child_process.h"
#include "tests/unit/recorder/live/shrinking_fixture.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint64_t kPins = 700, kPinsBegin = 1'000'000, kHandlersBegin = 2'000'000, kThreadsBegin = 3'000'000;

class LiveTableShrinkPassersTest : public ShrinkingTest {
 protected:
  void SetUp() override {
    ShrinkingTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    arena_.Create(file_);
    labels_.Create(file_, arena_);
    ASSERT_TRUE(modules_.Create(file_));
    ASSERT_TRUE(stacks_.Create(file_, arena_, modules_));
    one_ = this;
  }

  /// Runs `body` in a child; the line of this file where it found something wrong, or 0.
  template <typename Body>
  static int InChild(const Body& body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body() % 251);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  /// In a child of fork: its own log.
  [[nodiscard]] bool TakeOwnLog(bool others_wrote) {
    const char* why = nullptr;
    if (!file_.Replace(why)) return false;
    file_.header().state = static_cast<std::uint32_t>(log::State::kRecording);
    table_.TakeOver();
    table_.RepairAfterFork(stacks_, labels_, others_wrote);
    return true;
  }
  /// 0 if the log holds exactly [begin, end), and all that ever happened.
  [[nodiscard]] int CheckExactly(std::uint64_t begin, std::uint64_t end) const {
    const log::LogContent content = ReadBack();
    if (content.live.size() != end - begin || wrong_ != 0) return __LINE__;
    for (const log::LiveEntry& entry : content.live) {
      const std::uint64_t n = NumberOf(entry.handle);
      if (n < begin || n >= end || entry.bytes != RecordOf(n).bytes) return __LINE__;
    }
    if (content.inserted != inserted_ || content.removed != removed_) return __LINE__;
    return table_.CountEvents() == inserted_ + removed_ ? 0 : __LINE__;
  }
  /// What a child does with the copy that it got of [begin, end): looks at it, shrinks it, has children itself, uses it
  /// for a burst of its own.
  [[nodiscard]] int LiveOn(std::uint64_t begin, std::uint64_t end, int generations) {
    if (!TakeOwnLog(false)) return __LINE__;
    if (const int line = CheckExactly(begin, end); line != 0) return line;
    const std::uint64_t middle = begin + (end - begin) / 2;
    RemoveAll(begin, middle);
    if (generations > 0) {
      const int line = InChild([&] { return LiveOn(middle, end, generations - 1); });
      if (line != 0) return line;
    }
    RemoveAll(middle, end);
    InsertAll(0, 30'000);
    if (const int line = CheckExactly(0, 30'000); line != 0) return line;
    RemoveAll(10, 30'000);
    Churn(30'000, 10'000);
    if (Reserved() > least_reserved_ + (2 << 20)) return __LINE__;
    return CheckExactly(0, 10);
  }
  /// What a child sees whose parent goes on: all the pins, each once.
  [[nodiscard]] int LookForPins() {
    if (!TakeOwnLog(true)) return __LINE__;
    std::uint64_t pins = 0;
    std::set<std::uint64_t> seen;
    for (const log::LiveEntry& entry : ReadBack().live) {
      if (!seen.insert(entry.handle).second) return __LINE__;
      pins += NumberOf(entry.handle) >= kPinsBegin;
    }
    if (pins != kPins) return __LINE__;
    for (std::uint64_t n = kPinsBegin; n < kPinsBegin + kPins; ++n) {
      LiveRecord record;
      if (!table_.Remove(KeyOf(n), &record) || record.bytes != RecordOf(n).bytes) return __LINE__;
      if (table_.Remove(KeyOf(n), &record)) return __LINE__;
    }
    return 0;
  }
  static void OnSignal(int) {
    for (std::uint64_t i = 0; i < 16; ++i) {
      const std::uint64_t slot = (one_->handler_runs_ * 7 + i) % one_->handlers_.size();
      bool& alive = one_->handlers_[slot];
      if (alive) {
        one_->Remove(kHandlersBegin + slot);
      } else {
        one_->Insert(kHandlersBegin + slot);
      }
      alive = !alive;
    }
    ++one_->handler_runs_;
  }

  Arena arena_;
  LabelTable labels_;
  ModuleTable modules_;
  StackTable stacks_;
  static LiveTableShrinkPassersTest* one_;
  std::array<bool, 3000> handlers_ = {};
  std::uint64_t handler_runs_ = 0;
};

LiveTableShrinkPassersTest* LiveTableShrinkPassersTest::one_ = nullptr;

TEST_F(LiveTableShrinkPassersTest, AChildHasAnExactCopyWhereverTheParentStands) {
  std::mt19937_64 random(11);
  constexpr std::uint64_t kPeak = 60'000;
  for (int round = 0; round < 4; ++round) {
    InsertAll(0, kPeak);
    for (std::uint64_t n = 0, next_fork = 20'000 + random() % 10'000; n < kPeak; ++n) {
      if (n == next_fork) {
        EXPECT_EQ(InChild([&] { return LiveOn(n, kPeak, 2); }), 0) << "line of this file, modulo 251";
        next_fork += 1'000 + random() % 8'000;
      }
      Remove(n);
    }
    Churn(kPeak, 2'000);
  }
  EXPECT_EQ(CheckExactly(0, 0), 0);
}

TEST_F(LiveTableShrinkPassersTest, AChildMissesNothingThoughTheParentGoesOnMoving) {
  std::mt19937_64 random(13);
  constexpr std::uint64_t kPeak = 120'000;
  for (int round = 0; round < 12; ++round) {
    InsertAll(0, kPeak);
    InsertAll(kPinsBegin, kPinsBegin + kPins);  // in the newest level, that is
    const std::uint64_t fork_at = kPeak / 2 + random() % (kPeak / 2);
    RemoveAll(0, fork_at);
    const testing::ChildProcess child([&] { return LookForPins() % 251; });
    RemoveAll(fork_at, kPeak);
    Churn(kPeak, 20'000);
    child.WaitForEnd();
    int status = 0;
    ASSERT_EQ(::waitpid(child.pid(), &status, 0), child.pid());
    EXPECT_EQ(status, 0) << "line of this file, modulo 251, in the second byte";
    RemoveAll(kPinsBegin, kPinsBegin + kPins);
  }
  EXPECT_EQ(CheckExactly(0, 0), 0);
  EXPECT_GT(file_.header().withdrawals, 12u);
}

TEST_F(LiveTableShrinkPassersTest, SignalHandlersMayAllocateAllTheWhile) {
  struct sigaction action {};
  action.sa_handler = OnSignal;
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGALRM, &action, &before), 0);
  const itimerval often{{0, 150}, {0, 150}}, never{};
  ASSERT_EQ(::setitimer(ITIMER_REAL, &often, nullptr), 0);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  std::uint64_t own_inserted = 0;
  int cycles = 0;
  for (; (cycles < 20 || handler_runs_ < 3'000) && std::chrono::steady_clock::now() < deadline; ++cycles) {
    for (std::uint64_t n = 0; n < 30'000; ++n)
      wrong_ += table_.Insert(KeyOf(n), RecordOf(n)) != LiveTable::Inserted::kNew, ++own_inserted;
    for (std::uint64_t n = 0; n < 30'000; ++n) wrong_ += !table_.Remove(KeyOf(n), nullptr);
  }
  ASSERT_EQ(::setitimer(ITIMER_REAL, &never, nullptr), 0);
  ::sigaction(SIGALRM, &before, nullptr);
  std::printf("%llu signals, %d cycles, %llu levels withdrawn\n", static_cast<unsigned long long>(handler_runs_),
              cycles, static_cast<unsigned long long>(file_.header().withdrawals));
  const log::LogContent content = ReadBack();
  const auto alive = static_cast<std::uint64_t>(std::count(handlers_.begin(), handlers_.end(), true));
  EXPECT_EQ(content.live.size(), alive);
  EXPECT_EQ(content.inserted, inserted_ + own_inserted);
  EXPECT_EQ(content.removed, removed_ + own_inserted);
  EXPECT_EQ(wrong_, 0u);
  EXPECT_GT(file_.header().withdrawals, 20u);
}

// Wherever the table stands when the first thread starts, it stays exact, and does not shrink any more.
TEST_F(LiveTableShrinkPassersTest, AThreadMayStartInTheMiddle) {
  std::mt19937_64 random(17);
  for (int round = 0; round < 25; ++round) {
    const std::uint64_t left = random() % 20'000;
    const int line = InChild([&]() -> int {
      if (!TakeOwnLog(false)) return __LINE__;
      InsertAll(0, 60'000);
      RemoveAll(left, 60'000);
      std::atomic<std::uint64_t> wrong = 0;
      std::vector<std::thread> threads;
      const std::uint64_t withdrawals = file_.header().withdrawals;
      for (std::uint64_t t = 0; t < 3; ++t) {
        threads.emplace_back([&, t] {
          const std::uint64_t begin = kThreadsBegin + t * 100'000;
          for (int turn = 0; turn < 2; ++turn) {
            for (std::uint64_t n = begin; n < begin + 12'000; ++n)
              wrong += table_.Insert(KeyOf(n), RecordOf(n)) != LiveTable::Inserted::kNew;
            for (std::uint64_t n = begin; n < begin + 12'000; ++n) {
              LiveRecord record;
              wrong += !table_.Remove(KeyOf(n), &record) || record.bytes != RecordOf(n).bytes;
            }
          }
        });
      }
      RemoveAll(0, left);
      for (std::thread& thread : threads) thread.join();
      Churn(60'000, 5'000);
      if (wrong != 0 || wrong_ != 0) return __LINE__;
      if (file_.header().withdrawals != withdrawals) return __LINE__;
      const log::LogContent content = ReadBack();
      if (!content.live.empty() || content.in_flight != 0) return __LINE__;
      const std::uint64_t by_threads = 3 * 2 * 12'000;
      return content.inserted == inserted_ + by_threads && content.removed == removed_ + by_threads ? 0 : __LINE__;
    });
    EXPECT_EQ(line, 0) << "line of this file, modulo 251";
  }
}

}  // namespace
}  // namespace mqtrack::recorder
