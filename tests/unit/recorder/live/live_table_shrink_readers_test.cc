// Who looks at the log from outside while the live table grows and shrinks: readers in another process, and whoever
// finds it after kill -9.
//
// MQTRACK_SHRINK_READS=n and MQTRACK_SHRINK_KILLS=n take the tests n readings and n kills long.
#include <sys/mman.h>
#include <time.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <random>
#include <set>

#include "tests/support/child_process.h"
#include "tests/unit/recorder/live/shrinking_fixture.h"

namespace mqtrack::recorder {
namespace {

using testing::ChildProcess;

constexpr std::uint64_t kPins = 400;
constexpr std::uint64_t kPinsBegin = 1'000'000;

int NumberFrom(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::atoi(text);
}

/// What the writer says of itself to other processes.
struct Ledger {
  std::atomic<std::uint64_t> pinned = 0;    // this set of pins is alive
  std::atomic<std::uint64_t> unpinned = 0;  // sets up to this one may be gone
  std::atomic<std::uint64_t> insert_begun = 0, remove_begun = 0, insert_done = 0, remove_done = 0;
  std::atomic<int> failure = 0;  // a line of this file
  std::atomic<std::uint64_t> reads = 0;
};

class LiveTableShrinkReadersTest : public ShrinkingTest {
 protected:
  void SetUp() override {
    ShrinkingTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    void* memory = ::mmap(nullptr, sizeof(Ledger), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    ledger_ = new (memory) Ledger;
  }
  void TearDown() override {
    if (ledger_ != nullptr) ::munmap(ledger_, sizeof(Ledger));
    ShrinkingTest::TearDown();
  }

  static std::uint64_t PinOf(std::uint64_t set, std::uint64_t i) { return kPinsBegin + set % 4 * kPins + i; }
  void CountedInsert(std::uint64_t n) {
    ledger_->insert_begun.fetch_add(1, std::memory_order_relaxed);
    Insert(n);
    ledger_->insert_done.fetch_add(1, std::memory_order_relaxed);
  }
  void CountedRemove(std::uint64_t n) {
    ledger_->remove_begun.fetch_add(1, std::memory_order_relaxed);
    Remove(n);
    ledger_->remove_done.fetch_add(1, std::memory_order_relaxed);
  }
  /// Up and down once. The pins are changed at the top, so that they lie in the newest level; there is always a whole
  /// set of them.
  void Cycle(std::uint64_t set, std::uint64_t peak) {
    for (std::uint64_t n = 0; n < peak; ++n) CountedInsert(n);
    for (std::uint64_t i = 0; i < kPins; ++i) CountedInsert(PinOf(set, i));
    ledger_->pinned.store(set);
    ledger_->unpinned.store(set - 1);
    for (std::uint64_t i = 0; i < kPins && set > 1; ++i) CountedRemove(PinOf(set - 1, i));
    for (std::uint64_t n = 0; n < peak; ++n) CountedRemove(n);
    for (std::uint64_t i = 0; i < 6'000; ++i) {
      CountedInsert(peak);
      CountedRemove(peak);
    }
  }

  Ledger* ledger_ = nullptr;
};

/// Reads again and again; what is wrong goes to `ledger`.
int Look(const std::string& path, Ledger& ledger, std::uint64_t (*number_of)(std::uint64_t),
         std::uint64_t (*bytes_of)(std::uint64_t)) {
  const auto fail = [&](int line) {
    ledger.failure = line;
    return 1;
  };
  const auto reader = log::LogReader::Open(path, support::MappedFile::Access::kRead);
  if (!reader) return fail(__LINE__);
  for (;; ledger.reads.fetch_add(1)) {  // until the test ends it
    const std::uint64_t set = ledger.pinned.load();
    const std::uint64_t inserted = ledger.insert_done.load(), removed = ledger.remove_done.load();
    const auto content = reader->Read(true);
    if (!content) return fail(__LINE__);
    if (content->in_flight != 0) continue;  // the writer lost its processor in the middle of a bucket for long
    if (content->inserted < inserted || content->removed < removed) return fail(__LINE__);
    // A bucket is read before or after another: what is moved between the two may be in both of the totals or in none.
    const std::uint64_t slack = ledger.insert_begun.load() - inserted + ledger.remove_begun.load() - removed;
    if (content->inserted > ledger.insert_begun.load() + slack) return fail(__LINE__);
    if (content->removed > ledger.remove_begun.load()) return fail(__LINE__);
    std::set<std::uint64_t> seen;
    std::uint64_t pins = 0;
    for (const log::LiveEntry& entry : content->live) {
      const std::uint64_t n = number_of(entry.handle);
      if (!seen.insert(n).second) return fail(__LINE__);
      if (entry.bytes != bytes_of(n) || entry.generation != n % 1000) return fail(__LINE__);
      pins += n >= kPinsBegin && (n - kPinsBegin) / kPins == set % 4;
    }
    if (set != 0 && ledger.unpinned.load() < set && pins != kPins) return fail(__LINE__);
  }
}

TEST_F(LiveTableShrinkReadersTest, AReaderMissesNothingThatLivesAllTheWhile) {
  const std::string path = LogPath();
  const ChildProcess reader(
      [&] { return Look(path, *ledger_, NumberOf, [](std::uint64_t n) { return RecordOf(n).bytes; }); });
  const auto reads = static_cast<std::uint64_t>(NumberFrom("MQTRACK_SHRINK_READS", 400));
  std::mt19937_64 random(3);
  // Fewer readings will do where everything is slow.
  constexpr std::uint64_t kFewest = 20;
  const auto start = std::chrono::steady_clock::now();
  const auto soon = start + std::chrono::seconds(reads > 400 ? 600 : 8), deadline = start + std::chrono::minutes(15);
  const auto goes_on = [&] {
    const auto now = std::chrono::steady_clock::now();
    return now < deadline && ledger_->reads < (now < soon ? reads : kFewest);
  };
  std::uint64_t set = 0;
  while (ledger_->failure == 0 && (set < 40 || goes_on())) Cycle(++set, 3'000 + random() % 40'000);
  EXPECT_EQ(ledger_->failure, 0) << "line of this file where the reader found something wrong";
  EXPECT_EQ(wrong_, 0u);
  std::printf("%llu readings, %llu cycles, %llu levels withdrawn\n",
              static_cast<unsigned long long>(ledger_->reads.load()), static_cast<unsigned long long>(set),
              static_cast<unsigned long long>(file_.header().withdrawals));
  EXPECT_GE(ledger_->reads.load(), kFewest);
  EXPECT_GT(file_.header().withdrawals, 40u);
}

TEST_F(LiveTableShrinkReadersTest, WhatIsLeftByAKillIsConsistent) {
  const int kills = NumberFrom("MQTRACK_SHRINK_KILLS", 150);
  std::mt19937_64 random(5);
  int moving = 0;
  std::uint64_t withdrawals = 0;
  for (int kill = 0; kill < kills && !HasFailure(); ++kill) {
    ::unlink(LogPath().c_str());
    file_.~LogFile();
    table_.~LiveTable();
    new (&file_) LogFile;
    new (&table_) LiveTable;
    new (ledger_) Ledger;
    const char* why = nullptr;
    ASSERT_TRUE(file_.Create(settings_, why)) << why;
    ASSERT_TRUE(table_.Create(file_));
    file_.header().state = static_cast<std::uint32_t>(log::State::kRecording);
    ChildProcess writer([&]() -> int {
      for (std::uint64_t set = 1;; ++set) Cycle(set, 2'000 + random() % 9'000);
    });
    ASSERT_TRUE(testing::WaitUntil([&] { return ledger_->pinned > static_cast<std::uint64_t>(kill % 3); }));
    const timespec instant{0, static_cast<long>(random() % 3'000'000)};
    ::nanosleep(&instant, nullptr);
    writer.Reap();
    moving += file_.header().live_steps % 2 != 0;
    withdrawals += file_.header().withdrawals;
    const log::LogContent content = ReadBack(false);
    // One operation may have been half done: an insertion, a removal, or the move of an entry, which is an insertion
    // that is then taken back where it was.
    EXPECT_LE(content.in_flight, 1u);
    EXPECT_GE(content.inserted + 1, ledger_->insert_done);
    EXPECT_LE(content.inserted, ledger_->insert_begun + content.in_flight);
    EXPECT_GE(content.removed + 1, ledger_->remove_done);
    EXPECT_LE(content.removed, ledger_->remove_begun + content.in_flight);
    EXPECT_LE(content.inserted - content.removed - content.live.size() + 1, 2u);
    std::set<std::uint64_t> seen;
    std::uint64_t pins = 0;
    for (const log::LiveEntry& entry : content.live) {
      const std::uint64_t n = NumberOf(entry.handle);
      EXPECT_TRUE(seen.insert(n).second);
      EXPECT_EQ(entry.bytes, RecordOf(n).bytes);
      pins += n >= kPinsBegin && (n - kPinsBegin) / kPins == ledger_->pinned % 4;
    }
    EXPECT_EQ(pins, kPins);
    file_.Unmap();
  }
  std::printf("%d kills, %d of them in the middle of a step, %llu levels withdrawn\n", kills, moving,
              static_cast<unsigned long long>(withdrawals));
  EXPECT_GT(withdrawals, static_cast<std::uint64_t>(kills));
}

}  // namespace
}  // namespace mqtrack::recorder
