// The live table against std::unordered_map: long random histories of every kind of thing, through growth and decline.
//
// MQTRACK_MODEL_STEPS=n takes n steps in each history; MQTRACK_MODEL_SEED=n repeats one history.
#include <cstdlib>
#include <random>
#include <unordered_map>
#include <vector>

#include "preload/recorder/live/live_table.h"
#include "tests/unit/recorder/live/live_levels.h"
#include "tests/unit/recorder/live/live_table_fixture.h"

namespace mqtrack::recorder {
namespace {

std::uint64_t NumberFrom(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

bool operator==(const LiveRecord& a, const LiveRecord& b) {
  return a.bytes == b.bytes && a.generation == b.generation && a.stack == b.stack && a.labels == b.labels;
}

class LiveTableModelTest : public TableTest, public testing::WithParamInterface<std::uint64_t> {
 protected:
  void SetUp() override {
    TableTest::SetUp();
    random_.seed(NumberFrom("MQTRACK_MODEL_SEED", GetParam()));
  }

  std::uint64_t AnyKey() {
    // Few kinds and few handles, so that keys come again; addresses as allocators give them, and small numbers.
    const auto kind = static_cast<log::Kind>(1 + random_() % 8);
    const std::uint64_t n = random_() % range_;
    return log::MakeKey(kind, kind == log::Kind::kDescriptor ? n : 0x7f0000000000 + n * 16);
  }
  LiveRecord AnyRecord() {
    LiveRecord record;
    record.bytes = random_() >> random_() % 64 & log::kMaxBlockBytes;
    record.generation = static_cast<std::uint32_t>(random_() % (log::kMaxGeneration + 1));
    record.stack = static_cast<log::StackId>(random_());
    record.labels = static_cast<log::LabelsId>(random_());
    return record;
  }
  void Insert(std::uint64_t key) {
    const LiveRecord record = AnyRecord();
    ASSERT_EQ(table_.Insert(key, record), LiveTable::Inserted::kNew);
    model_.emplace(key, record);
  }
  void Remove(std::uint64_t key) {
    LiveRecord record;
    const auto known = model_.find(key);
    ASSERT_EQ(table_.Remove(key, &record), known != model_.end());
    if (known == model_.end()) return;
    ASSERT_TRUE(record == known->second);
    model_.erase(known);
  }
  /// One step: mostly towards `target` live things.
  void Step(std::uint64_t target) {
    const std::uint64_t key = AnyKey();
    const bool known = model_.contains(key);
    const bool grow = model_.size() < target ? random_() % 8 != 0 : random_() % 8 == 0;
    if (!known && grow) return Insert(key);
    Remove(known || model_.empty() || random_() % 16 == 0 ? key : model_.begin()->first);
  }
  /// Reads the table as it lies in the log.
  void CompareWithModel() {
    std::uint64_t found = 0;
    for (const LiveLevel& level : LiveLevels(file_)) {
      std::vector<std::uint64_t> away(level.count);
      for (std::uint64_t i = 0; i < level.count; ++i) {
        found += CompareBucket(level.buckets[i]);
        for (const std::uint64_t key : level.buckets[i].keys) {
          const std::uint64_t first = log::ChooseBuckets(key, level.count).first;
          if (key != 0 && first != i) ++away[first];
        }
      }
      for (std::uint64_t i = 0; i < level.count; ++i) EXPECT_EQ(log::AwayIn(level.buckets[i].state), away[i]);
    }
    ASSERT_EQ(found, model_.size());
  }
  std::uint64_t CompareBucket(const log::Bucket& bucket) {
    std::uint64_t occupied = 0;
    for (std::uint32_t i = 0; i < log::kSlotsPerBucket; ++i) {
      if (bucket.keys[i] == 0) continue;
      ++occupied;
      const auto known = model_.find(bucket.keys[i]);
      EXPECT_NE(known, model_.end()) << "a key that was removed, or never inserted";
      if (known == model_.end()) continue;
      EXPECT_EQ(bucket.meta[i], log::MakeMeta(known->second.bytes, known->second.generation));
      EXPECT_EQ(bucket.references[i].stack, static_cast<std::uint32_t>(known->second.stack));
      EXPECT_EQ(bucket.references[i].labels, static_cast<std::uint32_t>(known->second.labels));
    }
    EXPECT_EQ(log::OccupiedIn(bucket.state), occupied);
    return occupied;
  }

  std::mt19937_64 random_;
  std::unordered_map<std::uint64_t, LiveRecord> model_;
  std::uint64_t range_ = 40000;
};

TEST_P(LiveTableModelTest, BehavesLikeAnUnorderedMap) {
  const std::uint64_t steps = NumberFrom("MQTRACK_MODEL_STEPS", 250'000);
  std::uint64_t target = 1000;
  for (std::uint64_t step = 0; step < steps && !HasFatalFailure(); ++step) {
    // Now and then the live set's size changes course: to nearly nothing, or far beyond one level.
    if (step % 20'000 == 0) {
      constexpr std::uint64_t kTargets[] = {0, 100, 5'000, 25'000, 80'000};
      target = kTargets[random_() % std::size(kTargets)];
      CompareWithModel();
    }
    Step(target);
  }
  CompareWithModel();
  while (!model_.empty() && !HasFatalFailure()) Remove(model_.begin()->first);
  CompareWithModel();
}

INSTANTIATE_TEST_SUITE_P(Histories, LiveTableModelTest, testing::Values(1, 2, 3, 4));

// A key whose removal went past the recorder: the newest record counts, and one removal leaves nothing behind.
TEST_P(LiveTableModelTest, AKeyThatComesAgainReplacesWhatWasThere) {
  range_ = 200;  // 1600 keys: one level
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t key = AnyKey();
    const LiveRecord record = AnyRecord();
    const bool known = model_.contains(key);
    ASSERT_EQ(table_.Insert(key, record), known ? LiveTable::Inserted::kReplaced : LiveTable::Inserted::kNew);
    model_[key] = record;
    if (random_() % 2 == 0) Remove(AnyKey());
  }
  CompareWithModel();
}

}  // namespace
}  // namespace mqtrack::recorder
