// The live table follows the live set down: memory, contents and totals, over many comings and goings.
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <random>
#include <set>

#include "tests/unit/recorder/live/shrinking_fixture.h"

namespace mqtrack::recorder {
namespace {

class LiveTableShrinkTest : public ShrinkingTest {
 protected:
  /// What the file really occupies.
  [[nodiscard]] std::uint64_t Occupied() const {
    struct stat info {};
    EXPECT_EQ(::stat(LogPath().c_str(), &info), 0);
    return static_cast<std::uint64_t>(info.st_blocks) * 512;
  }
  /// The log holds exactly the blocks [begin, end), and all that ever happened.
  void ExpectExactly(std::uint64_t begin, std::uint64_t end) const {
    const log::LogContent content = ReadBack();
    std::set<std::uint64_t> found;
    for (const log::LiveEntry& entry : content.live) {
      const std::uint64_t n = NumberOf(entry.handle);
      ASSERT_TRUE(found.insert(n).second) << n << " is there twice";
      ASSERT_TRUE(n >= begin && n < end) << n << " was removed";
      ASSERT_EQ(entry.bytes, RecordOf(n).bytes);
      ASSERT_EQ(entry.generation, RecordOf(n).generation);
    }
    ASSERT_EQ(found.size(), end - begin);
    ASSERT_EQ(content.inserted, inserted_);
    ASSERT_EQ(content.removed, removed_);
    ASSERT_EQ(table_.CountEvents(), inserted_ + removed_);
    ASSERT_EQ(content.in_flight, 0u);
    ASSERT_EQ(content.facts.replaced, 0u);
    ASSERT_EQ(wrong_, 0u);
  }
};

TEST_F(LiveTableShrinkTest, MemoryFollowsTheLiveSetDownAndUpAgain) {
  constexpr std::uint64_t kBurst = 300'000, kRest = 3'000;
  std::uint64_t peak = 0;
  for (int round = 0; round < 3; ++round) {
    InsertAll(kRest * (round != 0), kBurst);
    if (round == 0) peak = Reserved();
    EXPECT_LE(Reserved(), peak) << "the second burst takes no more than the first";
    EXPECT_GT(Reserved(), kBurst * 25);
    ExpectExactly(0, kBurst);
    RemoveAll(kRest, kBurst);
    Churn(kBurst, 30'000);
    EXPECT_LT(Reserved(), least_reserved_ + (1 << 20)) << "3,000 blocks need less than a mebibyte";
    EXPECT_EQ(Occupied(), Reserved());
    ExpectExactly(0, kRest);
  }
  EXPECT_EQ(file_.header().losses[0], 0u);
}

// What is left of a burst is anywhere: entries of all levels have to move.
TEST_F(LiveTableShrinkTest, WhatStaysIsScattered) {
  constexpr std::uint64_t kBurst = 200'000, kEach = 50;
  InsertAll(0, kBurst);
  std::map<std::uint64_t, bool> stays;
  for (std::uint64_t n = 0; n < kBurst; n += kEach) stays[n] = true;
  for (std::uint64_t n = 0; n < kBurst; ++n) {
    if (!stays.contains(n)) Remove(n);
  }
  Churn(kBurst, 30'000);
  EXPECT_LT(Reserved(), least_reserved_ + (2 << 20));
  const log::LogContent content = ReadBack();
  EXPECT_EQ(content.live.size(), stays.size());
  for (const log::LiveEntry& entry : content.live) {
    ASSERT_TRUE(stays.contains(NumberOf(entry.handle)));
    ASSERT_EQ(entry.bytes, RecordOf(NumberOf(entry.handle)).bytes);
  }
  EXPECT_EQ(content.inserted, inserted_);
  EXPECT_EQ(content.removed, removed_);
  for (const auto& [n, alive] : stays) Remove(n);
  ExpectExactly(0, 0);
}

// While things are entered in the oldest level first, one that strayed, and whose free went past the recorder, is not
// to come back over the one that has its address now.
TEST_F(LiveTableShrinkTest, WhatIsInTheOldestLevelStays) {
  const std::vector<std::uint64_t> crowd = Crowd(file_, 1'000'000, KeyOf);
  for (const std::uint64_t n : crowd) Insert(n);
  ASSERT_EQ(LevelCount(), 2u);
  const std::uint64_t stray = crowd.back();
  Remove(crowd.front());
  ASSERT_EQ(table_.Insert(KeyOf(stray), {.bytes = 77}), LiveTable::Inserted::kNew) << "nobody looks for its old record";
  Churn(5, 30'000);
  EXPECT_EQ(Reserved(), least_reserved_);
  EXPECT_EQ(file_.header().replaced, 1u);
  std::uint64_t found = 0;
  for (const log::LiveEntry& entry : ReadBack().live) {
    if (NumberOf(entry.handle) != stray) continue;
    ++found;
    EXPECT_EQ(entry.bytes, 77u);
  }
  EXPECT_EQ(found, 1u);
}

TEST_F(LiveTableShrinkTest, NothingGrowsWithTheNumberOfCycles) {
  constexpr int kCycles = 1'000;
  std::uint64_t directory = 0, end_of_segments = 0, smaller = 0;
  for (int cycle = 0; cycle < kCycles; ++cycle) {
    const std::uint64_t peak = 9'000 + static_cast<std::uint64_t>(cycle) % 7 * 1'500;
    InsertAll(0, peak);
    std::uint64_t end = 0;
    for (const log::Segment& segment : file_.header().segments) end = std::max(end, segment.offset + segment.bytes);
    RemoveAll(0, peak);
    Churn(peak, 1'000);
    smaller += Reserved() <= least_reserved_ + (512 << 10);
    if (cycle == 20) directory = file_.header().segment_count, end_of_segments = end;
    if (cycle < 20) continue;
    ASSERT_EQ(file_.header().segment_count, directory);
    ASSERT_LE(end, end_of_segments);
  }
  EXPECT_GT(smaller, kCycles * 9 / 10);
  EXPECT_GT(file_.header().withdrawals, static_cast<std::uint64_t>(kCycles));
  ExpectExactly(0, 0);
}

// A live set that goes up and down by half is no reason to move anything.
TEST_F(LiveTableShrinkTest, LevelsDoNotComeAndGoWithEveryWave) {
  InsertAll(0, 60'000);
  const std::uint64_t levels = LevelCount();
  for (int wave = 0; wave < 20; ++wave) {
    RemoveAll(30'000, 60'000);
    InsertAll(30'000, 60'000);
  }
  EXPECT_EQ(file_.header().withdrawals, 0u);
  EXPECT_EQ(LevelCount(), levels);
}

TEST_F(LiveTableShrinkTest, ATableThatMayNotShrinkKeepsItsSize) {
  table_.KeepSize();
  InsertAll(0, 50'000);
  const std::uint64_t reserved = Reserved();
  RemoveAll(100, 50'000);
  Churn(50'000, 5'000);
  EXPECT_EQ(Reserved(), reserved);
  ExpectExactly(0, 100);
}

// Against a map: waves of random height, in random order, read again at every turn.
TEST_F(LiveTableShrinkTest, BehavesLikeAMapThroughManyCycles) {
  std::mt19937_64 random(7);
  std::map<std::uint64_t, std::uint64_t> model;  // position in `alive`
  std::vector<std::uint64_t> alive;
  for (int turn = 0; turn < 60; ++turn) {
    constexpr std::uint64_t kTargets[] = {0, 50, 2'000, 9'000, 30'000, 70'000};
    const std::uint64_t target = kTargets[random() % std::size(kTargets)];
    while (alive.size() != target) {
      const bool up = alive.size() < target ? random() % 8 != 0 : random() % 8 == 0;
      const std::uint64_t n = random() % 200'000;
      if (up && !model.contains(n)) {
        Insert(n);
        model[n] = alive.size();
        alive.push_back(n);
      } else if (!up && !alive.empty()) {
        const std::uint64_t position = random() % alive.size(), gone = alive[position];
        Remove(gone);
        model[alive.back()] = position;
        alive[position] = alive.back();
        alive.pop_back();
        model.erase(gone);
      }
    }
    const log::LogContent content = ReadBack();
    ASSERT_EQ(content.live.size(), alive.size());
    for (const log::LiveEntry& entry : content.live) ASSERT_TRUE(model.contains(NumberOf(entry.handle)));
    ASSERT_EQ(content.inserted, inserted_);
    ASSERT_EQ(content.removed, removed_);
    ASSERT_EQ(wrong_, 0u);
  }
  EXPECT_GT(file_.header().withdrawals, 10u);
}

/// Of this thread, so that it does not count what others do meanwhile.
std::uint64_t ProcessorNanos() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

// Printed, not judged: this machine may have other things to do.
TEST_F(LiveTableShrinkTest, WhatOneFreeCosts) {
  constexpr std::uint64_t kBlocks = 1'000'000;
  InsertAll(0, kBlocks);
  std::vector<std::uint64_t> nanos;
  nanos.reserve(kBlocks);
  for (std::uint64_t n = 10'000; n < kBlocks; ++n) {
    const std::uint64_t start = ProcessorNanos();
    Remove(n);
    nanos.push_back(ProcessorNanos() - start);
  }
  const std::uint64_t left = Reserved();
  std::sort(nanos.begin(), nanos.end());
  const auto micros_at = [&](double share) {
    return static_cast<double>(nanos[static_cast<std::size_t>(share * static_cast<double>(nanos.size() - 1))]) / 1e3;
  };
  std::printf(
      "removals, in us of processor time: median %.2f, 99 %% %.1f, 99.9 %% %.1f, 99.99 %% %.1f, worst %.1f; %.1f MiB "
      "are left\n",
      micros_at(0.5), micros_at(0.99), micros_at(0.999), micros_at(0.9999), micros_at(1),
      static_cast<double>(left) / (1 << 20));
  Churn(kBlocks, 100'000);
  EXPECT_LT(Reserved(), std::uint64_t{4} << 20);
  ExpectExactly(0, 10'000);
}

}  // namespace
}  // namespace mqtrack::recorder
