// A live table that may shrink: in a process that has never had another thread. These tests are a program of their own
// for that; whoever needs threads starts them in a child.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "libtrack/log/reader.h"
#include "preload/recorder/live/live_table.h"
#include "preload/recorder/sync/shared_count.h"
#include "tests/unit/recorder/live/live_levels.h"
#include "tests/unit/recorder/live/live_table_fixture.h"

namespace mqtrack::recorder {

class ShrinkingTest : public TableTest {
 protected:
  void SetUp() override {
    if (!IsOnlyThread()) {
      GTEST_SKIP() << "this process has, or had, other threads (ThreadSanitizer's own, say): tables do not shrink";
    }
    TableTest::SetUp();
    ASSERT_TRUE(file_.IsInMemory());
    least_reserved_ = Reserved();
  }

  /// Heap blocks as an allocator spaces them; what is recorded of one follows from its number.
  static std::uint64_t KeyOf(std::uint64_t n) { return log::MakeKey(log::Kind::kHeapBlock, 0x10000 + n * 48); }
  static std::uint64_t NumberOf(std::uint64_t handle) { return (handle - 0x10000) / 48; }
  static LiveRecord RecordOf(std::uint64_t n) {
    return {.bytes = n * 7 + 1,
            .generation = static_cast<std::uint32_t>(n % 1000),
            .stack = static_cast<log::StackId>(0),
            .labels = static_cast<log::LabelsId>(0)};
  }

  void Insert(std::uint64_t n) {
    wrong_ += table_.Insert(KeyOf(n), RecordOf(n)) != LiveTable::Inserted::kNew;
    ++inserted_;
  }
  void Remove(std::uint64_t n) {
    LiveRecord record;
    wrong_ += !table_.Remove(KeyOf(n), &record) || record.bytes != RecordOf(n).bytes ||
              record.generation != RecordOf(n).generation;
    ++removed_;
  }
  void InsertAll(std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t n = begin; n < end; ++n) Insert(n);
  }
  void RemoveAll(std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t n = begin; n < end; ++n) Remove(n);
  }
  /// Blocks that come and go: steps of shrinking are taken by removals.
  void Churn(std::uint64_t n, std::uint64_t pairs) {
    for (std::uint64_t i = 0; i < pairs; ++i) {
      Insert(n);
      Remove(n);
    }
  }

  [[nodiscard]] std::uint64_t Reserved() const { return file_.header().reserved_bytes; }
  [[nodiscard]] std::uint64_t LevelCount() const { return LiveLevels(file_).size(); }
  [[nodiscard]] log::LogContent ReadBack(bool alive = true) const { return ReadLog(file_.path(), alive); }

  std::uint64_t inserted_ = 0, removed_ = 0;  // by the test
  std::uint64_t wrong_ = 0;                   // answers of the table
  std::uint64_t least_reserved_ = 0;
};

}  // namespace mqtrack::recorder
