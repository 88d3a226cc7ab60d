// Which level of a live table things are entered in.
#include <vector>

#include "preload/recorder/live/live_table.h"
#include "tests/unit/recorder/live/live_levels.h"
#include "tests/unit/recorder/live/live_table_fixture.h"

namespace mqtrack::recorder {
namespace {

class LiveTableLevelsTest : public TableTest {
 protected:
  static std::uint64_t Key(std::uint64_t n) { return log::MakeKey(log::Kind::kHeapBlock, 0x10000 + n * 48); }
  void InsertAll(std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t n = begin; n < end; ++n)
      ASSERT_EQ(table_.Insert(Key(n), {.bytes = n}), LiveTable::Inserted::kNew);
  }
  void RemoveAll(std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t n = begin; n < end; ++n) {
      LiveRecord record;
      ASSERT_TRUE(table_.Remove(Key(n), &record));
      ASSERT_EQ(record.bytes, n);
    }
  }
  [[nodiscard]] std::vector<std::uint64_t> Occupied() const {
    std::vector<std::uint64_t> occupied;
    for (const LiveLevel& level : LiveLevels(file_)) occupied.push_back(OccupiedSlots(level));
    return occupied;
  }
};

// The next level is needed for one thing; all that come after it are found at the first look.
TEST_F(LiveTableLevelsTest, AStrayLeavesTheOthersWhereTheyAre) {
  InsertAll(0, 1000);
  const std::vector<std::uint64_t> crowd = Crowd(file_, 1'000'000, Key);
  for (const std::uint64_t n : crowd) InsertAll(n, n + 1);
  const std::vector<std::uint64_t> before = Occupied();
  ASSERT_EQ(before.size(), 2u);
  EXPECT_LE(before[1], 10u) << "what shares buckets with the crowd strays as well";
  InsertAll(2000, 3000);
  EXPECT_GE(Occupied()[0], before[0] + 990);
  RemoveAll(0, 1000);
  RemoveAll(2000, 3000);
  for (const std::uint64_t n : crowd) RemoveAll(n, n + 1);
  EXPECT_EQ(Occupied(), (std::vector<std::uint64_t>{0, 0}));
}

TEST_F(LiveTableLevelsTest, OnceTheOldestIsFullTheNewestComesFirst) {
  InsertAll(0, 20'000);
  const std::vector<std::uint64_t> full = Occupied();
  ASSERT_GE(full.size(), 3u);
  EXPECT_GE(full[0], LiveLevels(file_)[0].count * log::kSlotsPerBucket / 4 * 3);
  for (const std::uint64_t n : {100'000, 200'000}) InsertAll(n, n + 100);
  const std::vector<std::uint64_t> after = Occupied();
  EXPECT_EQ(after.size(), full.size());
  EXPECT_EQ(after.back(), full.back() + 200) << "the newest level has room for all of them";
  RemoveAll(0, 20'000);
  InsertAll(20'000, 21'000);
  EXPECT_EQ(Occupied()[0], 0u) << "room in the oldest one is not looked for";
}

}  // namespace
}  // namespace mqtrack::recorder
