// The live table: the exact set of what is alive, by key. See libtrack/log/layout.h for its shape and protocol.
//
// Lock-free: insert and remove are bounded loops over at most 2 buckets in each of a few dozen levels. As long as the
// oldest level has room for most, it is where things are entered and looked for first: one that finds none (a few do
// when it is half full) makes another level, which would otherwise cost all that follow a search. Once the oldest is
// full and a larger one is there, the newest comes first. The next level is made piece by piece, by the threads that
// find the newer levels full and use the room of the oldest; they wait, briefly and boundedly, only if there is no room
// at all.
//
// While the process has one thread the table also shrinks: every so many removals a step is taken towards emptying the
// newest level and giving its memory back (live_table_shrink.cc). Between two steps, which no signal handler sees half
// done, the table is complete and may be used, grown and copied like any other.
#pragma once

#include <cstdint>

#include "libtrack/log/layout.h"
#include "preload/recorder/labels/label_table.h"
#include "preload/recorder/log/log_file.h"
#include "preload/recorder/stacks/stack_table.h"
#include "preload/recorder/sync/atomic_field.h"

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
  /// So many removals, of one thread and among several levels, make one step of shrinking.
  static constexpr std::uint64_t kRemovalsAStep = 128;

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
    const Level& level = levels_[LoadAcquire(oldest_first_) != 0 ? 0 : LoadAcquire(insert_levels_) - 1];
    const log::Bucket& first = level.buckets[log::ChooseBuckets(key, level.count).first];
    __builtin_prefetch(&first, 1);
    __builtin_prefetch(&first.references, 1);
  }
  /// How many things were ever inserted and removed, together. Reads the whole table.
  [[nodiscard]] std::uint64_t CountEvents() const;
  /// From now on the table does not shrink: the system calls that this takes may be forbidden.
  void KeepSize() { StoreRelaxed(keeps_size_, 1u); }

  // In a child of fork, alone, on its copy of the log:
  /// Takes over the levels that are in it.
  void TakeOver();
  /// Empties slots that another thread of the parent was in the middle of. `others_wrote`: the set changed while it was
  /// being copied, so that a thing which ended and whose key was used again may have been copied twice. So may one that
  /// the parent moved from level to level meanwhile, which TakeOver finds out.
  void RepairAfterFork(const StackTable& stacks, const LabelTable& labels, bool others_wrote);

 private:
  struct Level {
    log::Bucket* buckets;
    std::uint64_t count;
  };
  [[nodiscard]] [[gnu::always_inline]] log::Bucket* InsertInto(const Level& level, std::uint64_t key,
                                                               const LiveRecord& record, Inserted& result);
  [[nodiscard]] bool InsertIntoLevel(std::uint64_t level, std::uint64_t key, const LiveRecord& record,
                                     Inserted& result);
  [[nodiscard]] [[gnu::noinline]] Inserted InsertAmongLevels(std::uint64_t key, const LiveRecord& record);
  [[nodiscard]] [[gnu::noinline]] bool RemoveAmongLevels(std::uint64_t key, LiveRecord* record);
  struct Slot {
    log::Bucket* bucket;
    std::uint32_t number;
  };
  [[nodiscard]] Slot Find(std::uint64_t key) const;
  [[nodiscard]] [[gnu::always_inline]] static bool RemoveFrom(const Level& level, std::uint64_t key,
                                                              LiveRecord* record);
  /// Which level something at this address, or one that shares its place, was last entered into after a search. Only a
  /// guess.
  [[nodiscard]] static std::uint8_t& LevelHint(std::uint64_t key);
  /// Something found no room in the oldest level, which is tried first: is that still worth it?
  void NoteStray();

  // live_table_fork.cc
  static void CountAway(const Level& level);
  [[nodiscard]] bool IsTwice(std::uint64_t key) const;
  void RemoveDuplicates(std::uint64_t live);

  // live_table_growth.cc
  enum class Growth { kFailed, kUnderWay, kGrown };
  enum class WhenBusy { kGoOn, kWait };
  /// Does a piece of the work of making another level than the `seen_levels`. If another thread is at it: kGoOn.
  Growth Grow(std::uint64_t seen_levels, WhenBusy when_busy);
  /// Room is getting scarce in the `seen_levels` that are inserted into.
  void MakeRoom(std::uint64_t seen_levels);
  [[nodiscard]] bool FindPlace(std::uint64_t index);
  [[nodiscard]] Growth MakeNextPiece();
  [[nodiscard]] bool PublishNext();
  [[nodiscard]] bool IsTimeToGrow(std::uint64_t level, std::uint64_t levels, const log::Bucket& bucket) const;

  // live_table_shrink.cc
  void TakeStep();
  [[nodiscard]] bool FitsInto(std::uint64_t levels, std::uint64_t samples) const;
  void BeginToEmpty(std::uint64_t level);
  void GoOnEmptying(std::uint64_t level);
  void StopEmptying(std::uint64_t level);
  enum class Emptied { kNothing, kSomething, kNoRoom };
  [[nodiscard]] Emptied EmptySlot(std::uint64_t level, std::uint64_t bucket, std::uint32_t slot);
  [[nodiscard]] bool MoveDown(std::uint64_t level, std::uint64_t key, const LiveRecord& record);
  [[nodiscard]] bool IsIn(std::uint64_t level, std::uint64_t key) const;
  [[nodiscard]] bool IsLeftOver(std::uint64_t level) const;
  void Withdraw(std::uint64_t level);
  void GiveBackPiece(std::uint64_t level);
  void MarkStep();

  /// Where a level lies: one that is there, one that is being made, or one that was withdrawn and may come again.
  /// Bytes: the first `backed` are memory, of which the first `ready` are published or as good as that; what lies
  /// between is left over from a withdrawn level.
  struct Place {
    std::uint64_t offset, bytes, backed, ready;
    std::uint32_t segment_plus_1;  // its entry of the directory; 0: it has none yet
  };

  std::uint64_t level_count_ = 0;    // published, release
  std::uint64_t insert_levels_ = 0;  // published, release, after level_count_; less by one while the newest is emptied
  std::uint32_t oldest_first_ = 0;  // 1: things are entered in the oldest level while it has room, and looked for there
  Level levels_[kMaxLevels] = {};
  LogFile* log_ = nullptr;
  std::uint32_t growing_ = 0;  // 1: a thread makes a piece of the next level
  std::uint32_t keeps_size_ = 0;  // 1: by KeepSize
  Place places_[kMaxLevels] = {};  // of these levels; the next one's belongs to the thread that makes or withdraws it
  std::uint64_t removals_ = 0;     // while there was one thread and more than one level
  std::uint32_t strays_ = 0;       // that had no room in the oldest level, while there was a larger one
  std::uint64_t steps_ = 0;        // as Header::live_steps
  std::uint64_t next_bucket_ = 0;  // of the level that is being emptied
  std::uint64_t leaving_events_ = 0;  // versions of its buckets before that one, in sum
  std::uint64_t rests_until_ = 0;     // of removals_: not to be looked at again before
  bool moved_while_copied_ = false;   // of a copy, by its original
};

}  // namespace mqtrack::recorder
