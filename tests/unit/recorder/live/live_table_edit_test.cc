#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "libtrack/log/reader.h"
#include "preload/recorder/live/live_table.h"
#include "tests/unit/recorder/live/live_table_fixture.h"

namespace mqtrack::recorder {
namespace {

constexpr log::LabelsId kRunning{100}, kEnded{200};

class LiveTableEditTest : public TableTest {
 protected:
  static std::uint64_t Key(std::uint64_t n) { return log::MakeKey(log::Kind::kThread, n + 1); }
  void Insert(std::uint64_t key) {
    ASSERT_EQ(table_.Insert(key, {.bytes = 7, .generation = 3, .stack = log::StackId{5}, .labels = kRunning}),
              LiveTable::Inserted::kNew);
  }
};

TEST_F(LiveTableEditTest, SwapsLabelsAndNothingElse) {
  Insert(Key(1));
  log::LabelsId labels{};
  ASSERT_TRUE(table_.FindLabels(Key(1), labels));
  EXPECT_EQ(labels, kRunning);
  EXPECT_FALSE(table_.FindLabels(Key(2), labels));
  EXPECT_FALSE(table_.SwapLabels(Key(1), kEnded, kRunning));  // not what it has
  EXPECT_FALSE(table_.SwapLabels(Key(2), kRunning, kEnded));  // not there
  EXPECT_TRUE(table_.SwapLabels(Key(1), kRunning, kEnded));
  LiveRecord record;
  ASSERT_TRUE(table_.Remove(Key(1), &record));
  EXPECT_EQ(record.labels, kEnded);
  EXPECT_EQ(record.stack, log::StackId{5});
  EXPECT_EQ(record.bytes, 7u);
  EXPECT_EQ(record.generation, 3u);
}

TEST_F(LiveTableEditTest, RemovesWhatIsGoneAfterFork) {
  for (std::uint64_t i = 0; i < 1000; ++i) Insert(Key(i));
  const std::uint64_t block = log::MakeKey(log::Kind::kHeapBlock, 1);
  ASSERT_EQ(table_.Insert(block, {}), LiveTable::Inserted::kNew);
  table_.RemoveWhere(log::Kind::kThread, [](std::uint64_t handle) { return handle != 17; });
  log::LabelsId labels{};
  EXPECT_TRUE(table_.FindLabels(Key(16), labels));
  EXPECT_FALSE(table_.FindLabels(Key(15), labels));
  EXPECT_TRUE(table_.FindLabels(block, labels));
}

// One thread changes the labels of things that others remove and insert again: a removed thing stays removed, and
// nobody gets labels of a kind of which nobody gave it any.
TEST_F(LiveTableEditTest, SwapsWhileOthersRemoveAndInsert) {
  constexpr std::uint64_t kKeys = 8;
  std::atomic<bool> over = false;
  std::thread changer([&] {
    for (std::uint64_t i = 0; !over; ++i) (void)table_.SwapLabels(Key(i % kKeys), kRunning, kEnded);
  });
  std::uint64_t wrong = 0, changed = 0;
  for (int i = 0; i < 100000; ++i) {
    const std::uint64_t key = Key(static_cast<std::uint64_t>(i) % kKeys);
    Insert(key);
    LiveRecord record;
    if (!table_.Remove(key, &record)) ++wrong;
    wrong += record.labels != kRunning && record.labels != kEnded;
    wrong += record.stack != log::StackId{5} || record.bytes != 7;
    changed += record.labels == kEnded;
    log::LabelsId labels{};
    wrong += table_.FindLabels(key, labels);
  }
  over = true;
  changer.join();
  EXPECT_EQ(wrong, 0u);
  RecordProperty("changed", std::to_string(changed));
}

}  // namespace
}  // namespace mqtrack::recorder
