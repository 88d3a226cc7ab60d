// What the child of a fork makes of a live table that was copied while the parent's other threads were writing to it.
#include <vector>

#include "preload/recorder/labels/label_table.h"
#include "preload/recorder/live/live_table.h"
#include "preload/recorder/log/arena.h"
#include "preload/recorder/stacks/module_table.h"
#include "preload/recorder/stacks/stack_table.h"
#include "tests/unit/recorder/live/live_levels.h"
#include "tests/unit/recorder/recording_fixture.h"

namespace mqtrack::recorder {
namespace {

class LiveTableForkTest : public RecordingTest {
 protected:
  void SetUp() override {
    RecordingTest::SetUp();
    const char* why = nullptr;
    ASSERT_TRUE(file_.Create(settings_, why)) << why;
    arena_.Create(file_);
    labels_.Create(file_, arena_);
    ASSERT_TRUE(modules_.Create(file_));
    ASSERT_TRUE(stacks_.Create(file_, arena_, modules_));
    ASSERT_TRUE(table_.Create(file_));
  }
  static std::uint64_t Key(std::uint64_t n) { return log::MakeKey(log::Kind::kHeapBlock, 0x10000 + n * 16); }

  [[nodiscard]] std::vector<LiveLevel> Levels() const { return LiveLevels(file_); }
  /// Fills the table until it has a second level.
  void MakeTwoLevels() {
    for (inserted_ = 0; Levels().size() < 2; ++inserted_) {
      ASSERT_EQ(table_.Insert(Key(inserted_), {.bytes = inserted_}), LiveTable::Inserted::kNew);
    }
  }
  /// Writes `key` into a free slot of `bucket`, as a copy may hold it: complete, and counted.
  static bool PutInto(log::Bucket& bucket, std::uint64_t key) {
    for (std::uint32_t i = 0; i < log::kSlotsPerBucket; ++i) {
      if (bucket.keys[i] != 0) continue;
      bucket.keys[i] = key;
      bucket.meta[i] = log::MakeMeta(1, 0);
      bucket.references[i] = {};
      bucket.state += log::kStateInsert;
      return true;
    }
    return false;
  }
  [[nodiscard]] std::uint64_t CountOf(std::uint64_t key) const {
    std::uint64_t count = 0;
    for (const LiveLevel& level : Levels()) {
      for (std::uint64_t i = 0; i < level.count; ++i) count += CountIn(level.buckets[i], key);
    }
    return count;
  }
  /// What the child does; how many things are alive then.
  std::uint64_t Repair(bool others_wrote) {
    table_.TakeOver();
    table_.RepairAfterFork(stacks_, labels_, others_wrote);
    std::uint64_t live = 0;
    for (const LiveLevel& level : Levels()) live += OccupiedSlots(level);
    return live;
  }
  [[nodiscard]] bool IsSound() const {
    for (const LiveLevel& level : Levels()) {
      for (std::uint64_t i = 0; i < level.count; ++i) {
        const log::Bucket& bucket = level.buckets[i];
        if (log::OccupiedIn(bucket.state) != log::kSlotsPerBucket - CountIn(bucket, 0)) return false;
      }
    }
    return true;
  }

  LogFile file_;
  Arena arena_;
  LabelTable labels_;
  ModuleTable modules_;
  StackTable stacks_;
  LiveTable table_;
  std::uint64_t inserted_ = 0;
};

// A block was freed and its address used again while its parent's table was copied: the old entry was copied before,
// the new one, in the other bucket of its key, after. Exactly one of them may stay.
TEST_F(LiveTableForkTest, AKeyInBothOfItsBucketsIsKeptOnce) {
  const LiveLevel level = Levels().front();
  std::uint64_t expected = 0;
  std::vector<std::uint64_t> doubled;
  for (std::uint64_t n = 0; n < 2000; ++n, ++expected) {
    ASSERT_EQ(table_.Insert(Key(n), {.bytes = n}), LiveTable::Inserted::kNew);
    if (n % 3 != 0) continue;
    const log::BucketChoices choice = log::ChooseBuckets(Key(n), level.count);
    if (choice.first == choice.second) continue;
    const bool in_first = CountIn(level.buckets[choice.first], Key(n)) == 1;
    if (PutInto(level.buckets[in_first ? choice.second : choice.first], Key(n))) doubled.push_back(Key(n));
  }
  ASSERT_GT(doubled.size(), 500u);
  EXPECT_EQ(Repair(true), expected);
  EXPECT_TRUE(IsSound());
  for (const std::uint64_t key : doubled) {
    EXPECT_EQ(CountOf(key), 1u);
    LiveRecord record;
    EXPECT_TRUE(table_.Remove(key, &record));
    EXPECT_FALSE(table_.Remove(key, &record)) << "a freed block would stay for ever";
  }
}

TEST_F(LiveTableForkTest, AKeyInTwoLevelsIsKeptOnce) {
  MakeTwoLevels();
  std::vector<std::uint64_t> doubled;
  const std::vector<LiveLevel> levels = Levels();
  for (std::uint64_t n = 0; n < inserted_ && doubled.size() < 300; n += 7) {
    const bool in_second = [&] {
      const log::BucketChoices choice = log::ChooseBuckets(Key(n), levels[1].count);
      return CountIn(levels[1].buckets[choice.first], Key(n)) + CountIn(levels[1].buckets[choice.second], Key(n)) != 0;
    }();
    const LiveLevel& other = levels[in_second ? 0 : 1];
    if (PutInto(other.buckets[log::ChooseBuckets(Key(n), other.count).first], Key(n))) doubled.push_back(Key(n));
  }
  ASSERT_GT(doubled.size(), 100u);
  EXPECT_EQ(Repair(true), inserted_);
  EXPECT_TRUE(IsSound());
  for (const std::uint64_t key : doubled) EXPECT_EQ(CountOf(key), 1u);
}

TEST_F(LiveTableForkTest, WhatOthersWereInTheMiddleOfIsDropped) {
  const LiveLevel level = Levels().front();
  for (std::uint64_t n = 0; n < 1000; ++n) {
    ASSERT_EQ(table_.Insert(Key(n), {.bytes = n}), LiveTable::Inserted::kNew);
  }
  // A writer that had claimed its slot, one that had filled it and not counted it, and a record whose stack is not in
  // the copy.
  log::Bucket& claimed = level.buckets[log::ChooseBuckets(Key(50000), level.count).first];
  ASSERT_TRUE(PutInto(claimed, log::kBusyKey));
  claimed.state -= log::kStateInsert;
  log::Bucket& uncounted = level.buckets[log::ChooseBuckets(Key(1), level.count).first];
  uncounted.state += log::kStateRemove;
  log::Bucket& stackless = level.buckets[log::ChooseBuckets(Key(60000), level.count).first];
  ASSERT_TRUE(PutInto(stackless, Key(60000)));
  for (std::uint32_t i = 0; i < log::kSlotsPerBucket; ++i) {
    if (stackless.keys[i] != Key(60000)) continue;
    stackless.references[i].stack = static_cast<std::uint32_t>((log::kHeaderBytes + 64) / log::kArenaAlign);
  }
  EXPECT_EQ(Repair(false), 1000u);
  EXPECT_TRUE(IsSound());
  EXPECT_EQ(CountOf(log::kBusyKey) + CountOf(Key(60000)), 0u);
  for (std::uint64_t n = 0; n < 1000; ++n) EXPECT_EQ(CountOf(Key(n)), 1u);
}

}  // namespace
}  // namespace mqtrack::recorder
