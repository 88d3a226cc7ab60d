// The live table: the exact set of what is alive, by key. See libtrack/log/layout.h for its shape and protocol.
//
// Lock-free: insert and remove are bounded loops over at most 2 buckets in each of a few dozen levels. The next
// level is made piece by piece, by the threads that find the newer levels full and use the room of the oldest; they
// wait, briefly and boundedly, only if there is no room at all.
#pragma once

#include <cstdint>

#include "libtrack/log/layout.h"
#include "preload/recorder/atomic_field.h"
#include "preload/recorder/label_table.h"
#include "preload/recorder/log_file.h"
#include "preload/recorder/stack_table.h"

namespace mqtrack::recorder {

/// What the table holds of one live thing.
struct LiveRecord {
  std::uint64_t bytes = 0;
  std::uint32_t generation = 0;
  log::StackId stack{};
  log::LabelsId labels{};
};

/// Thread-safe and async-signal-safe, provided that no two threads use the same key at the same time, which the order
/// of recording and allocating ensures.
class LiveTable {
 public:
  static constexpr std::uint32_t kMaxLevels = 40;

  /// Makes the first level. False if there is no memory for it.
  [[nodiscard]] bool Create(LogFile& log);

  enum class Inserted { kNew, kReplaced, kNoRoom };
  /// Enters `key`. kReplaced: the key was there already, that is, its removal went past the recorder; the new record
  /// counts.
  [[nodiscard]] Inserted Insert(std::uint64_t key, const LiveRecord& record);
  /// Takes `key` out; what was recorded goes to `record` unless that is null. False if it is not there.
  [[nodiscard]] bool Remove(std::uint64_t key, LiveRecord* record);

  // live_table_edit.cc: changes of things that stay.
  /// The labels of `key`; false if it is not there.
  [[nodiscard]] bool FindLabels(std::uint64_t key, log::LabelsId& labels) const;
  /// Gives `key` other labels if it still has those that are expected. In place: no reader ever misses the thing.
  [[nodiscard]] bool SwapLabels(std::uint64_t key, log::LabelsId expected, log::LabelsId desired);
  /// Removes every thing of `kind` whose handle `is_gone`. No other thread may use the table meanwhile.
  void RemoveWhere(log::Kind kind, bool (*is_gone)(std::uint64_t handle));

  /// Starts to load what Insert will need of `key`.
  void Prefetch(std::uint64_t key) const {
    const Level& level = levels_[LoadAcquire(level_count_) - 1];
    const log::Bucket& first = level.buckets[log::ChooseBuckets(key, level.count).first];
    __builtin_prefetch(&first, 1);
    __builtin_prefetch(&first.references, 1);
  }
  /// How many things were ever inserted and removed, together. Reads the whole table.
  [[nodiscard]] std::uint64_t CountEvents() const;

  // In a child of fork, alone, on its copy of the log:
  /// Takes over the levels that are in it.
  void TakeOver();
  /// Empties slots that another thread of the parent was in the middle of. `others_wrote`: the set changed while it was
  /// being copied, so that a thing which ended and whose key was used again may have been copied twice.
  void RepairAfterFork(const StackTable& stacks, const LabelTable& labels, bool others_wrote);

 private:
  struct Level {
    log::Bucket* buckets;
    std::uint64_t count;
  };
  [[nodiscard]] [[gnu::always_inline]] log::Bucket* InsertInto(const Level& level, std::uint64_t key,
                                                               const LiveRecord& record, Inserted& result);
  struct Place {
    log::Bucket* bucket;
    std::uint32_t slot;
  };
  [[nodiscard]] Place Find(std::uint64_t key) const;
  [[nodiscard]] [[gnu::always_inline]] static bool RemoveFrom(const Level& level, std::uint64_t key,
                                                              LiveRecord* record);
  static void CountAway(const Level& level);
  /// Which level something at this address, or one that shares its place, was last entered into. Only a guess.
  [[nodiscard]] static std::uint8_t& LevelHint(std::uint64_t key);
  [[nodiscard]] bool IsTwice(std::uint64_t key) const;
  void RemoveDuplicates(std::uint64_t live);
  enum class Growth { kFailed, kUnderWay, kGrown };
  enum class WhenBusy { kGoOn, kWait };
  /// Does a piece of the work of making another level than the `seen_levels`. If another thread is at it: kGoOn.
  Growth Grow(std::uint64_t seen_levels, WhenBusy when_busy);
  [[nodiscard]] bool BeginLevel();
  [[nodiscard]] Growth MakeNextPiece();
  [[nodiscard]] bool IsTimeToGrow(std::uint64_t level, std::uint64_t levels, const log::Bucket& bucket) const;

  /// A level that is being made. Bytes; `backed` of them are memory already.
  struct NextLevel {
    std::uint64_t offset = 0, bytes = 0, backed = 0;
  };

  std::uint64_t level_count_ = 0;  // published, release
  Level levels_[kMaxLevels] = {};
  LogFile* log_ = nullptr;
  std::uint32_t growing_ = 0;  // 1: a thread makes a piece of the next level
  NextLevel next_;             // belongs to that thread
};

}  // namespace mqtrack::recorder
