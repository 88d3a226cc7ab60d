// Writers that insert and remove as fast as they can, and a reader that takes the balance of the table again and again:
// what was allocated is what was freed and what lives, in every bucket and in all.
//
// MQTRACK_STRESS_CHECKS=n takes the balance n times (a million takes some minutes); the default is for every day.
#include <sched.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "preload/recorder/live/live_table.h"
#include "preload/recorder/sync/atomic_field.h"
#include "tests/unit/recorder/live/live_table_fixture.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint64_t kWriters = 3;
constexpr std::uint64_t kKeysEach = 4000;
constexpr std::uint64_t kPinned = 500;

std::uint64_t KeyOf(std::uint64_t n) { return log::MakeKey(log::Kind::kHeapBlock, 0x10000 + n * 16); }
std::uint64_t NumberOf(std::uint64_t key) { return (log::HandleOf(key) - 0x10000) / 16; }
/// What a thing's record must be, so that a torn one is noticed.
LiveRecord RecordOf(std::uint64_t n) {
  LiveRecord record;
  record.bytes = n * 7 + 1;
  record.generation = static_cast<std::uint32_t>(n % 1000);
  record.stack = static_cast<log::StackId>(n * 3);
  return record;
}

/// What one writer has begun and has done. Its own cache line.
struct alignas(64) Ledger {
  std::atomic<std::uint64_t> insert_begun = 0, insert_done = 0, remove_begun = 0, remove_done = 0;
};

class LiveTableStressTest : public TableTest {
 protected:
  void SetUp() override {
    TableTest::SetUp();
    for (std::uint64_t n = 0; n < kPinned; ++n) {
      ASSERT_EQ(table_.Insert(KeyOf(n), RecordOf(n)), LiveTable::Inserted::kNew);
    }
  }

  void Write(std::uint64_t writer) {
    Ledger& ledger = ledgers_[writer];
    std::mt19937_64 random(writer);
    std::vector<bool> alive(kKeysEach);
    while (!stop_.load(std::memory_order_relaxed)) {
      const std::uint64_t i = random() % kKeysEach, n = kPinned + writer * kKeysEach + i;
      LiveRecord record;
      if (alive[i]) {
        ledger.remove_begun.fetch_add(1);
        wrong_ += !table_.Remove(KeyOf(n), &record) || record.bytes != RecordOf(n).bytes;
        ledger.remove_done.fetch_add(1);
      } else {
        ledger.insert_begun.fetch_add(1);
        wrong_ += table_.Insert(KeyOf(n), RecordOf(n)) != LiveTable::Inserted::kNew;
        ledger.insert_done.fetch_add(1);
      }
      alive[i] = !alive[i];
    }
  }
  std::uint64_t Sum(std::atomic<std::uint64_t> Ledger::*what) const {
    std::uint64_t sum = 0;
    for (const Ledger& ledger : ledgers_) sum += (ledger.*what).load();
    return sum;
  }

  /// A copy of one bucket as it was at one instant; the protocol of libtrack/log/layout.h.
  static log::Bucket CopyOf(const log::Bucket& bucket) {
    for (;; ::sched_yield()) {
      log::Bucket copy;
      copy.state = LoadAcquire(bucket.state);
      std::uint64_t occupied = 0;
      bool busy = false;
      for (std::uint32_t i = 0; i < log::kSlotsPerBucket; ++i) {
        copy.keys[i] = LoadAcquire(bucket.keys[i]);
        copy.meta[i] = LoadAcquire(bucket.meta[i]);
        copy.references[i].stack = LoadAcquire(bucket.references[i].stack);
        occupied += copy.keys[i] != 0;
        busy |= copy.keys[i] == log::kBusyKey;
      }
      for (std::uint32_t i = 0; i < log::kSlotsPerBucket; ++i) busy |= LoadAcquire(bucket.keys[i]) != copy.keys[i];
      // Writers are never far from counting what they did, so this comes to hold.
      if (!busy && LoadAcquire(bucket.state) == copy.state && log::OccupiedIn(copy.state) == occupied) return copy;
    }
  }
  /// The number of things in the table, or a failure if a bucket contradicts itself.
  std::uint64_t CountLive(std::uint64_t& pinned) {
    std::uint64_t live = 0;
    for (const log::Segment& segment : file_.header().segments) {
      if (LoadAcquire(segment.kind) != static_cast<std::uint32_t>(log::SegmentKind::kLiveLevel)) continue;
      for (std::uint64_t i = 0; i < segment.count; ++i) {
        const log::Bucket copy = CopyOf(file_.At<log::Bucket>(segment.offset)[i]);
        std::uint64_t occupied = 0;
        for (std::uint32_t slot = 0; slot < log::kSlotsPerBucket; ++slot) {
          if (copy.keys[slot] == 0) continue;
          ++occupied;
          const std::uint64_t n = NumberOf(copy.keys[slot]);
          pinned += n < kPinned;
          wrong_ += log::BytesOf(copy.meta[slot]) != RecordOf(n).bytes ||
                    copy.references[slot].stack != static_cast<std::uint32_t>(RecordOf(n).stack);
        }
        live += occupied;
      }
    }
    return live;
  }
  void TakeBalance() {
    const std::uint64_t inserted = Sum(&Ledger::insert_done), removed = Sum(&Ledger::remove_done);
    std::uint64_t pinned = 0;
    const std::uint64_t live = CountLive(pinned);
    // Buckets are read one after the other, so what began meanwhile may or may not be in.
    const std::uint64_t least = kPinned + inserted - std::min(inserted, Sum(&Ledger::remove_begun));
    const std::uint64_t most = kPinned + Sum(&Ledger::insert_begun) - removed;
    ASSERT_GE(live, least);
    ASSERT_LE(live, most);
    ASSERT_EQ(pinned, kPinned) << "a thing that lived all the while is missing, or there twice";
    ASSERT_EQ(wrong_, 0u) << "a bucket or a record contradicts itself";
  }

  std::array<Ledger, kWriters> ledgers_;
  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> wrong_ = 0;
};

TEST_F(LiveTableStressTest, TheBalanceHoldsWhileWritersChurn) {
  const char* wanted = std::getenv("MQTRACK_STRESS_CHECKS");
  const std::uint64_t checks = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 300;
  std::vector<std::thread> writers;
  for (std::uint64_t t = 0; t < kWriters; ++t) writers.emplace_back([this, t] { Write(t); });
  for (std::uint64_t i = 0; (i < checks || Sum(&Ledger::remove_done) < 10'000) && !HasFatalFailure(); ++i)
    TakeBalance();
  stop_ = true;
  for (std::thread& writer : writers) writer.join();
  if (HasFatalFailure()) return;
  // Now that all is quiet, to the last thing.
  std::uint64_t pinned = 0;
  EXPECT_EQ(CountLive(pinned), kPinned + Sum(&Ledger::insert_done) - Sum(&Ledger::remove_done));
}

}  // namespace
}  // namespace mqtrack::recorder
