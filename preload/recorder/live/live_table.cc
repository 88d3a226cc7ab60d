#include "preload/recorder/live/live_table.h"

#include "preload/recorder/live/in_levels.h"
#include "preload/recorder/live/live_bucket.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/shared_count.h"

namespace mqtrack::recorder {
namespace {

/// A bucket with so many slots in use shares with the second choice of its keys. Before that the second would be one
/// more cache line to wait for, in this insert and in the removal.
constexpr std::uint64_t kNearlyFull = 4;
/// How often, in things that strayed to another level, to look whether the oldest has room; and at how much of it.
constexpr std::uint32_t kStraysALook = 256;
constexpr std::uint64_t kBucketsALook = 64;
/// Far from the field's limit: so many threads cannot pass it at the same time.
constexpr std::uint64_t kMostAway = log::kStateAwayMask / 2;

/// Claims an empty slot of `bucket` and fills it. False if there is none.
inline bool InsertIntoBucket(log::Bucket& bucket, std::uint64_t key, const LiveRecord& record) {
  for (std::uint32_t empty = SlotsWith(bucket, 0); empty != 0; empty &= empty - 1) {
    const int i = __builtin_ctz(empty);
    if (!SwapShared(bucket.keys[i], 0, log::kBusyKey)) continue;
    // Each after all that was done to the bucket before, which a reader may else not have seen when it sees these:
    // claiming the slot holds back loads, not stores (x86 holds back both).
    StoreRelease(bucket.meta[i], log::MakeMeta(record.bytes, record.generation));
    StoreRelease(bucket.references[i].stack, static_cast<std::uint32_t>(record.stack));
    StoreRelease(bucket.references[i].labels, static_cast<std::uint32_t>(record.labels));
    StoreRelease(bucket.keys[i], key);
    AddShared(bucket.state, log::kStateInsert);
    return true;
  }
  return false;
}

/// Inserts into the second bucket of a key, and lets the first one know before.
bool InsertAway(log::Bucket& first, log::Bucket& second, std::uint64_t key, const LiveRecord& record) {
  if (&first == &second || log::AwayIn(LoadRelaxed(first.state)) >= kMostAway) return false;
  AddShared(first.state, log::kStateAway);
  if (InsertIntoBucket(second, key, record)) return true;
  AddShared(first.state, -log::kStateAway);
  return false;
}

/// Empties slot `i`; what was in it goes to `record`, if that is wanted: it lies in another cache line.
inline void RemoveFromBucket(log::Bucket& bucket, int i, LiveRecord* record) {
  if (record != nullptr) {
    const std::uint64_t meta = LoadRelaxed(bucket.meta[i]);
    record->bytes = log::BytesOf(meta);
    record->generation = log::GenerationOf(meta);
    record->stack = static_cast<log::StackId>(LoadRelaxed(bucket.references[i].stack));
    record->labels = static_cast<log::LabelsId>(LoadRelaxed(bucket.references[i].labels));
  }
  StoreRelease(bucket.keys[i], std::uint64_t{0});
  AddShared(bucket.state, log::kStateRemove);
}

}  // namespace

bool LiveTable::Create(LogFile& log) {
  log_ = &log;
  if (Grow(0, WhenBusy::kWait) != Growth::kGrown) return false;
  StoreRelease(oldest_first_, 1u);
  return true;
}

inline log::Bucket* LiveTable::InsertInto(const Level& level, std::uint64_t key, const LiveRecord& record,
                                          Inserted& result) {
  const log::BucketChoices choice = log::ChooseBuckets(key, level.count);
  log::Bucket& first = level.buckets[choice.first];
  log::Bucket& second = level.buckets[choice.second];
  const std::uint64_t state = LoadRelaxed(first.state);
  if (SlotsWith(first, key) != 0 || (log::AwayIn(state) != 0 && SlotsWith(second, key) != 0)) [[unlikely]] {
    // Its free went past the recorder. Other levels are not searched for such leftovers.
    if (RemoveFrom(level, key, nullptr)) result = Inserted::kReplaced;
  }
  const std::uint64_t occupied = log::OccupiedIn(state);
  const bool second_emptier = occupied >= kNearlyFull && log::OccupiedIn(LoadRelaxed(second.state)) < occupied;
  if (second_emptier && InsertAway(first, second, key, record)) return &second;
  if (InsertIntoBucket(first, key, record)) [[likely]]
    return &first;
  return !second_emptier && InsertAway(first, second, key, record) ? &second : nullptr;
}

LiveTable::Inserted LiveTable::Insert(std::uint64_t key, const LiveRecord& record) {
  if (LoadAcquire(oldest_first_) != 0) [[likely]] {
    // Nothing with this key is to be moved here between the look for it and its entry.
    const InLevels in_levels(LoadAcquire(level_count_) != 1);
    Inserted result = Inserted::kNew;
    if (InsertInto(levels_[0], key, record, result) != nullptr) [[likely]]
      return result;
  }
  return InsertAmongLevels(key, record);
}

bool LiveTable::InsertIntoLevel(std::uint64_t level, std::uint64_t key, const LiveRecord& record, Inserted& result) {
  return InsertInto(levels_[level], key, record, result) != nullptr;
}

LiveTable::Inserted LiveTable::InsertAmongLevels(std::uint64_t key, const LiveRecord& record) {
  const InLevels in_levels;
  Inserted result = Inserted::kNew;
  for (;;) {
    const std::uint64_t levels = LoadAcquire(insert_levels_);
    for (std::uint64_t i = levels; i-- > 0;) {
      const log::Bucket* bucket = InsertInto(levels_[i], key, record, result);
      if (bucket == nullptr) continue;
      if (LoadRelaxed(LevelHint(key)) != i) StoreRelaxed(LevelHint(key), static_cast<std::uint8_t>(i));
      if (LoadRelaxed(oldest_first_) != 0) NoteStray();
      if (IsTimeToGrow(i, levels, *bucket)) MakeRoom(levels);
      return result;
    }
    const std::uint64_t all = LoadAcquire(level_count_);
    if (levels < all) {
      StopEmptying(levels);
    } else if (Grow(levels, WhenBusy::kWait) == Growth::kFailed && LoadAcquire(level_count_) == levels) {
      return Inserted::kNoRoom;
    }
  }
}

void LiveTable::NoteStray() {
  const Level& oldest = levels_[0];
  if (levels_[LoadAcquire(level_count_) - 1].count <= oldest.count) return;
  if ((AddAcqRel(strays_, 1u) + 1) % kStraysALook != 0) return;
  const std::uint64_t stride = oldest.count / kBucketsALook + 1;
  std::uint64_t occupied = 0, looked_at = 0;
  for (std::uint64_t i = 0; i < oldest.count; i += stride, ++looked_at)
    occupied += log::OccupiedIn(LoadRelaxed(oldest.buckets[i].state));
  if (occupied >= looked_at * kNearlyFull) StoreRelease(oldest_first_, 0u);
}

std::uint8_t& LiveTable::LevelHint(std::uint64_t key) {
  constexpr std::uint64_t kHints = std::uint64_t{1} << 22;  // enough for 64 MiB of heap; touched when there are levels
  static constinit std::uint8_t hints[kHints] = {};
  return hints[key >> 4 & (kHints - 1)];
}

inline bool LiveTable::RemoveFrom(const Level& level, std::uint64_t key, LiveRecord* record) {
  const log::BucketChoices choice = log::ChooseBuckets(key, level.count);
  log::Bucket& first = level.buckets[choice.first];
  if (const std::uint32_t slots = SlotsWith(first, key); slots != 0) [[likely]] {
    RemoveFromBucket(first, __builtin_ctz(slots), record);
    return true;
  }
  if (log::AwayIn(LoadRelaxed(first.state)) == 0) return false;
  log::Bucket& second = level.buckets[choice.second];
  const std::uint32_t slots = SlotsWith(second, key);
  if (slots == 0) return false;
  RemoveFromBucket(second, __builtin_ctz(slots), record);
  AddShared(first.state, -log::kStateAway);
  return true;
}

bool LiveTable::Remove(std::uint64_t key, LiveRecord* record) {
  const bool oldest_first = LoadAcquire(oldest_first_) != 0;
  // Before the look: were it the only level afterwards, what it was looked for in may have been moved into it
  // meanwhile.
  const bool only_level = LoadAcquire(level_count_) == 1;
  bool removed = oldest_first && RemoveFrom(levels_[0], key, record);
  if (oldest_first && only_level) [[likely]]
    return removed;
  if (!removed) removed = RemoveAmongLevels(key, record);
  if (IsOnlyThread() && ++removals_ % kRemovalsAStep == 0) TakeStep();
  return removed;
}

bool LiveTable::RemoveAmongLevels(std::uint64_t key, LiveRecord* record) {
  const InLevels in_levels;
  const std::uint64_t levels = LoadAcquire(level_count_), probable = LoadRelaxed(LevelHint(key));
  if (probable < levels && RemoveFrom(levels_[probable], key, record)) return true;
  for (std::uint64_t i = levels; i-- > 0;) {
    if (i != probable && RemoveFrom(levels_[i], key, record)) return true;
  }
  return false;
}

std::uint64_t LiveTable::CountEvents() const {
  const InLevels in_levels;
  std::uint64_t events = 2 * log_->GoneEvents();  // each was an insertion and a removal
  const std::uint64_t levels = LoadAcquire(level_count_);
  for (std::uint64_t i = 0; i < levels; ++i) {
    for (std::uint64_t j = 0; j < levels_[i].count; ++j)
      events += log::VersionIn(LoadRelaxed(levels_[i].buckets[j].state));
  }
  return events;
}

}  // namespace mqtrack::recorder
