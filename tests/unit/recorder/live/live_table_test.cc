#include "preload/recorder/live/live_table.h"

#include <atomic>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "libtrack/log/reader.h"
#include "tests/unit/recorder/live/live_table_fixture.h"

namespace mqtrack::recorder {
namespace {

class LiveTableTest : public TableTest {
 protected:
  static std::uint64_t Key(std::uint64_t n) {
    return log::MakeKey(log::Kind::kHeapBlock, 0x10000 + n * 48);
  }  // as an allocator spaces blocks
  log::LogContent ReadBack(bool alive) { return ReadLog(LogPath(), alive); }
};

TEST_F(LiveTableTest, RemovesWhatWasInserted) {
  LiveRecord record;
  EXPECT_FALSE(table_.Remove(Key(1), &record));
  EXPECT_EQ(table_.Insert(Key(1), {.bytes = 123, .generation = 7, .stack = {}, .labels = {}}),
            LiveTable::Inserted::kNew);
  ASSERT_TRUE(table_.Remove(Key(1), &record));
  EXPECT_EQ(record.bytes, 123u);
  EXPECT_EQ(record.generation, 7u);
  EXPECT_FALSE(table_.Remove(Key(1), &record));
}

TEST_F(LiveTableTest, AKeyInsertedTwiceIsThereOnce) {
  EXPECT_EQ(table_.Insert(Key(1), {.bytes = 1}), LiveTable::Inserted::kNew);
  EXPECT_EQ(table_.Insert(Key(1), {.bytes = 2}), LiveTable::Inserted::kReplaced);
  LiveRecord record;
  ASSERT_TRUE(table_.Remove(Key(1), &record));
  EXPECT_EQ(record.bytes, 2u);
  EXPECT_FALSE(table_.Remove(Key(1), &record));
}

// Against std::map, with growth through several levels and churn at every size.
TEST_F(LiveTableTest, BehavesLikeAMap) {
  std::map<std::uint64_t, std::uint64_t> model;
  std::mt19937_64 random(42);
  for (int i = 0; i < 400000; ++i) {
    const std::uint64_t key = Key(random() % 120000);
    const auto known = model.find(key);
    if (known == model.end()) {
      const std::uint64_t bytes = random() % 100000;
      ASSERT_EQ(table_.Insert(key, {.bytes = bytes}), LiveTable::Inserted::kNew);
      model[key] = bytes;
    } else {
      LiveRecord record;
      ASSERT_TRUE(table_.Remove(key, &record));
      ASSERT_EQ(record.bytes, known->second);
      model.erase(known);
    }
  }
  const log::LogContent content = ReadBack(false);
  ASSERT_EQ(content.live.size(), model.size());
  for (const log::LiveEntry& entry : content.live) {
    ASSERT_EQ(model.at(log::MakeKey(entry.kind, entry.handle)), entry.bytes);
  }
}

/// Blocks of one size in a row meet some buckets and pass others by. The last three are the worst of all sizes up to
/// 4,128 bytes.
struct Row {
  std::uint64_t bytes, most_log_bytes;
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.bytes; }
};
class LiveTableRowsTest : public LiveTableTest, public ::testing::WithParamInterface<Row> {};

TEST_P(LiveTableRowsTest, KeepWithinTheirBytes) {
  constexpr std::uint64_t kBlocks = 1000000;
  for (std::uint64_t i = 0; i < kBlocks; ++i) {
    const std::uint64_t key = log::MakeKey(log::Kind::kHeapBlock, 0x55550000abc0 + i * GetParam().bytes);
    ASSERT_EQ(table_.Insert(key, {.bytes = i}), LiveTable::Inserted::kNew);
  }
  EXPECT_LE(file_.header().reserved_bytes, kBlocks * GetParam().most_log_bytes);
}

INSTANTIATE_TEST_SUITE_P(Bytes, LiveTableRowsTest,
                         ::testing::Values(Row{32, 48}, Row{48, 48}, Row{64, 48}, Row{144, 48}, Row{272, 48},
                                           Row{528, 48}, Row{1040, 48}, Row{2064, 48}, Row{4112, 48}, Row{1072, 51},
                                           Row{2960, 51}, Row{3568, 51}));

TEST_F(LiveTableTest, SaysWhenThereIsNoRoomAndGoesOn) {
  settings_.limit_bytes = std::uint64_t{4} << 20;
  LogFile small;
  const char* why = nullptr;
  ASSERT_TRUE(small.Create(settings_, why)) << why;
  LiveTable table;
  ASSERT_TRUE(table.Create(small));
  std::uint64_t inserted = 0;
  while (inserted < 1000000 && table.Insert(Key(inserted), {.bytes = 1}) != LiveTable::Inserted::kNoRoom) ++inserted;
  EXPECT_GT(inserted, std::uint64_t{80000});
  EXPECT_LT(inserted, std::uint64_t{170000});
  LiveRecord record;
  ASSERT_TRUE(table.Remove(Key(5), &record));
  EXPECT_EQ(table.Insert(Key(5), {.bytes = 9}), LiveTable::Inserted::kNew);
}

// Writers churn while a reader copies the table again and again: never a torn record, never a key twice.
TEST_F(LiveTableTest, AReaderSeesWholeRecordsWhileWritersChurn) {
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> operations = 0;
  std::vector<std::thread> writers;
  for (std::uint64_t t = 0; t < 3; ++t) {
    writers.emplace_back([&, t] {
      std::mt19937_64 random(t);
      std::map<std::uint64_t, bool> mine;
      while (!stop) {
        const std::uint64_t n = t + 3 * (random() % 3000);
        LiveRecord record;
        if (mine[n]) {
          ASSERT_TRUE(table_.Remove(Key(n), &record));
          ASSERT_EQ(record.bytes, n * 1000 + record.generation);
        } else {
          const auto generation = static_cast<std::uint32_t>(random() % 1000);
          (void)table_.Insert(Key(n), {.bytes = n * 1000 + generation, .generation = generation});
        }
        mine[n] = !mine[n];
        operations.fetch_add(1, std::memory_order_relaxed);
      }
    });
  }
  for (int round = 0; round < 200 || operations < 200000; ++round) {
    for (const log::LiveEntry& entry : ReadBack(true).live) {
      ASSERT_EQ(entry.bytes, (entry.handle - 0x10000) / 48 * 1000 + entry.generation);
    }
  }
  stop = true;
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(ReadBack(false).in_flight, 0u);
}

}  // namespace
}  // namespace mqtrack::recorder
