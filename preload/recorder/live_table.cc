#include "preload/recorder/live_table.h"

#include <sched.h>
#include <sys/mman.h>
#include <time.h>

#include "preload/recorder/atomic_field.h"
#include "preload/recorder/errno_keeper.h"
#include "preload/recorder/kernel_call.h"
#include "preload/recorder/shared_count.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint64_t kFirstBuckets = 1024;  // 128 KiB, 5,120 slots
constexpr std::uint64_t kFewestBuckets = 64;
/// Backed with memory at once, in some ten microseconds.
constexpr std::uint64_t kPieceBytes = 128 << 10;
/// Up to so many buckets the table doubles: few levels, and at most 8 MiB.
constexpr std::uint64_t kDoubleUpTo = 65536;
/// A bucket with so many slots in use shares with the second choice of its keys. Before that the second would be one
/// more cache line to wait for, in this insert and in the removal.
constexpr std::uint64_t kNearlyFull = 4;
/// Far from the field's limit: so many threads cannot pass it at the same time.
constexpr std::uint64_t kMostAway = log::kStateAwayMask / 2;
/// How long a thread waits for another one's piece of growth before it gives its record up.
constexpr std::uint64_t kLongestGrowWaitNanos = 100'000'000;

std::uint64_t MonotonicNanos() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

/// Which slots of `bucket` hold `key`, a bit each.
inline std::uint32_t SlotsWith(const log::Bucket& bucket, std::uint64_t key) {
  std::uint32_t slots = 0;
#pragma GCC unroll 5
  for (std::uint32_t i = 0; i < log::kSlotsPerBucket; ++i)
    slots |= static_cast<std::uint32_t>(LoadRelaxed(bucket.keys[i]) == key) << i;
  return slots;
}

/// Claims an empty slot of `bucket` and fills it. False if there is none.
inline bool InsertIntoBucket(log::Bucket& bucket, std::uint64_t key, const LiveRecord& record) {
  for (std::uint32_t empty = SlotsWith(bucket, 0); empty != 0; empty &= empty - 1) {
    const int i = __builtin_ctz(empty);
    if (!SwapShared(bucket.keys[i], 0, log::kBusyKey)) continue;
    StoreRelaxed(bucket.meta[i], log::MakeMeta(record.bytes, record.generation));
    StoreRelaxed(bucket.references[i].stack, static_cast<std::uint32_t>(record.stack));
    StoreRelaxed(bucket.references[i].labels, static_cast<std::uint32_t>(record.labels));
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

/// Makes a bucket that was copied while others wrote to it consistent. Returns the number of slots in use.
std::uint64_t RepairBucket(log::Bucket& bucket, const StackTable& stacks, const LabelTable& labels) {
  std::uint64_t occupied = 0;
  for (std::uint32_t i = 0; i < log::kSlotsPerBucket; ++i) {
    if (bucket.keys[i] == 0) continue;
    // A stack that was recorded after its part of the log had been copied is not in the copy.
    const log::StackRecord* stack = stacks.RecordOf(static_cast<log::StackId>(bucket.references[i].stack));
    if (bucket.keys[i] == log::kBusyKey || (stack != nullptr && stack->tag != log::kStackTag) ||
        !labels.Has(static_cast<log::LabelsId>(bucket.references[i].labels))) {
      bucket.keys[i] = 0;
    } else {
      ++occupied;
    }
  }
  // What was inserted or removed and not counted yet is counted now.
  while (log::OccupiedIn(bucket.state) < occupied) bucket.state += log::kStateInsert;
  while (log::OccupiedIn(bucket.state) > occupied) bucket.state += log::kStateRemove;
  return occupied;
}

}  // namespace

bool LiveTable::Create(LogFile& log) {
  log_ = &log;
  return Grow(0, WhenBusy::kWait) == Growth::kGrown;
}

inline log::Bucket* LiveTable::InsertInto(const Level& level, std::uint64_t key, const LiveRecord& record,
                                          Inserted& result) {
  const log::BucketChoices choice = log::ChooseBuckets(key, level.count);
  log::Bucket& first = level.buckets[choice.first];
  log::Bucket& second = level.buckets[choice.second];
  const std::uint64_t state = LoadRelaxed(first.state);
  if (SlotsWith(first, key) != 0 || (log::AwayIn(state) != 0 && SlotsWith(second, key) != 0)) [[unlikely]] {
    // Its free went past the recorder. Older levels are not searched for such leftovers: readers keep the newest entry.
    if (RemoveFrom(level, key, nullptr)) result = Inserted::kReplaced;
  }
  const std::uint64_t occupied = log::OccupiedIn(state);
  const bool second_emptier = occupied >= kNearlyFull && log::OccupiedIn(LoadRelaxed(second.state)) < occupied;
  if (second_emptier && InsertAway(first, second, key, record)) return &second;
  if (InsertIntoBucket(first, key, record)) [[likely]]
    return &first;
  return !second_emptier && InsertAway(first, second, key, record) ? &second : nullptr;
}

/// The oldest levels, an eighth of the table, are the room that is used while the next level is being made. Now and
/// then something strays there although the newer levels have room: only where it is filling up is it time to grow.
bool LiveTable::IsTimeToGrow(std::uint64_t level, std::uint64_t levels, const log::Bucket& bucket) const {
  if (level + 1 == levels || log::OccupiedIn(LoadRelaxed(bucket.state)) + 1 < log::kSlotsPerBucket) return false;
  std::uint64_t older = 0, total = 0;
  for (std::uint64_t i = 0; i < levels; ++i) {
    total += levels_[i].count;
    if (i <= level) older += levels_[i].count;
  }
  return older * 8 <= total;
}

LiveTable::Inserted LiveTable::Insert(std::uint64_t key, const LiveRecord& record) {
  Inserted result = Inserted::kNew;
  for (;;) {
    const std::uint64_t levels = LoadAcquire(level_count_);
    for (std::uint64_t i = levels; i-- > 0;) {
      const log::Bucket* bucket = InsertInto(levels_[i], key, record, result);
      if (bucket == nullptr) continue;
      if (levels > 1 && LoadRelaxed(LevelHint(key)) != i) StoreRelaxed(LevelHint(key), static_cast<std::uint8_t>(i));
      if (IsTimeToGrow(i, levels, *bucket)) (void)Grow(levels, WhenBusy::kGoOn);
      return result;
    }
    if (Grow(levels, WhenBusy::kWait) == Growth::kFailed && LoadAcquire(level_count_) == levels)
      return Inserted::kNoRoom;
  }
}

LiveTable::Growth LiveTable::Grow(std::uint64_t seen_levels, WhenBusy when_busy) {
  const ErrnoKeeper keep_errno;
  if (!Swap(growing_, 0u, 1u)) {
    if (when_busy == WhenBusy::kGoOn) return Growth::kUnderWay;
    const std::uint64_t deadline = MonotonicNanos() + kLongestGrowWaitNanos;
    while (LoadAcquire(level_count_) == seen_levels && LoadAcquire(growing_) != 0 && MonotonicNanos() < deadline) {
      ::sched_yield();
    }
    return LoadAcquire(growing_) == 0 || LoadAcquire(level_count_) != seen_levels ? Growth::kUnderWay : Growth::kFailed;
  }
  const Growth growth = LoadAcquire(level_count_) == seen_levels ? MakeNextPiece() : Growth::kGrown;
  StoreRelease(growing_, 0u);
  return growth;
}

/// Sets a place for the next level aside. Doubles a small table; later grows by half of what there is, rounded down to
/// a power of two: memory follows the live set by steps of at most 1.5.
bool LiveTable::BeginLevel() {
  const std::uint64_t levels = LoadRelaxed(level_count_);
  if (levels >= kMaxLevels) return false;
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < levels; ++i) total += levels_[i].count;
  std::uint64_t buckets = kFirstBuckets;
  while (buckets * (total < kDoubleUpTo ? 2 : 4) <= total) buckets *= 2;
  std::uint64_t offset = 0;
  while ((offset = log_->SetAside(buckets * sizeof(log::Bucket))) == 0 && buckets > kFewestBuckets) buckets /= 2;
  if (offset != 0) next_ = {offset, buckets * sizeof(log::Bucket), 0};
  return offset != 0;
}

/// Backs a piece of the next level with memory: a whole level at once would make its thread wait for milliseconds.
LiveTable::Growth LiveTable::MakeNextPiece() {
  if (next_.bytes == 0 && !BeginLevel()) return Growth::kFailed;
  const std::uint64_t left = next_.bytes - next_.backed;
  const std::uint64_t piece = left < kPieceBytes ? left : kPieceBytes;
  const bool backed = log_->Back(next_.offset + next_.backed, piece);
  if (backed) next_.backed += piece;
  if (backed && next_.backed < next_.bytes) return Growth::kUnderWay;
  // Complete, or there is no memory for more: as much of it as there is.
  if (next_.backed == 0) return Growth::kFailed;
  const NextLevel made = next_;
  next_ = {};
  std::uint64_t buckets = made.bytes / sizeof(log::Bucket);
  while (buckets * sizeof(log::Bucket) > made.backed) buckets /= 2;
  const std::uint64_t bytes = buckets * sizeof(log::Bucket), index = LoadRelaxed(level_count_);
  if (!log_->Publish(log::SegmentKind::kLiveLevel, made.offset, bytes, buckets)) return Growth::kFailed;
  levels_[index] = {log_->At<log::Bucket>(made.offset), buckets};
  StoreRelease(level_count_, index + 1);
  return Growth::kGrown;
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
  const std::uint64_t levels = LoadAcquire(level_count_);
  if (levels == 1) [[likely]]
    return RemoveFrom(levels_[0], key, record);
  const std::uint64_t probable = LoadRelaxed(LevelHint(key));
  if (probable < levels && RemoveFrom(levels_[probable], key, record)) return true;
  for (std::uint64_t i = levels; i-- > 0;) {
    if (i != probable && RemoveFrom(levels_[i], key, record)) return true;
  }
  return false;
}

std::uint64_t LiveTable::CountEvents() const {
  std::uint64_t events = 0;
  const std::uint64_t levels = LoadAcquire(level_count_);
  for (std::uint64_t i = 0; i < levels; ++i) {
    for (std::uint64_t j = 0; j < levels_[i].count; ++j)
      events += log::VersionIn(LoadRelaxed(levels_[i].buckets[j].state));
  }
  return events;
}

bool LiveTable::IsTwice(std::uint64_t key) const {
  std::uint32_t found = 0;
  for (std::uint64_t i = 0; i < level_count_; ++i) {
    const log::BucketChoices choice = log::ChooseBuckets(key, levels_[i].count);
    found += static_cast<std::uint32_t>(__builtin_popcount(SlotsWith(levels_[i].buckets[choice.first], key)));
    if (choice.second == choice.first) continue;
    found += static_cast<std::uint32_t>(__builtin_popcount(SlotsWith(levels_[i].buckets[choice.second], key)));
  }
  return found > 1;
}

/// One pass over the table. A bit for each key (16 bits per live thing) tells which keys are worth a search.
void LiveTable::RemoveDuplicates(std::uint64_t live) {
  std::uint64_t bits = 4096 * 8;
  while (bits < live * 16) bits *= 2;
  void* memory = MapMemory(nullptr, bits / 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
  if (memory == MAP_FAILED) return;
  auto* seen = static_cast<std::uint64_t*>(memory);
  for (std::uint64_t i = 0; i < level_count_; ++i) {
    for (std::uint64_t j = 0; j < levels_[i].count; ++j) {
      log::Bucket& bucket = levels_[i].buckets[j];
      for (std::uint64_t& key : bucket.keys) {
        if (key == 0) continue;
        const std::uint64_t bit = log::Mix(key) >> 8 & (bits - 1);
        const std::uint64_t mask = std::uint64_t{1} << (bit & 63);
        if ((seen[bit / 64] & mask) != 0 && IsTwice(key)) {
          key = 0;
          bucket.state += log::kStateRemove;
        }
        seen[bit / 64] |= mask;
      }
    }
  }
  UnmapMemory(memory, bits / 8);
}

void LiveTable::TakeOver() {
  level_count_ = 0;
  next_ = {};  // is not in the copy
  for (const log::Segment& segment : log_->header().segments) {
    if (segment.kind != static_cast<std::uint32_t>(log::SegmentKind::kLiveLevel) || level_count_ == kMaxLevels)
      continue;
    levels_[level_count_++] = {log_->At<log::Bucket>(segment.offset), segment.count};
  }
  growing_ = 0;
}

/// Counts anew how many keys of each bucket are in their second one: in a copy the counts and the keys may be of
/// different moments.
void LiveTable::CountAway(const Level& level) {
  for (std::uint64_t j = 0; j < level.count; ++j) level.buckets[j].state &= ~log::kStateAwayMask;
  for (std::uint64_t j = 0; j < level.count; ++j) {
    for (const std::uint64_t key : level.buckets[j].keys) {
      if (key == 0) continue;
      const std::uint64_t first = log::ChooseBuckets(key, level.count).first;
      if (first != j) level.buckets[first].state += log::kStateAway;
    }
  }
}

void LiveTable::RepairAfterFork(const StackTable& stacks, const LabelTable& labels, bool others_wrote) {
  std::uint64_t live = 0;
  for (std::uint64_t i = 0; i < level_count_; ++i) {
    for (std::uint64_t j = 0; j < levels_[i].count; ++j) live += RepairBucket(levels_[i].buckets[j], stacks, labels);
  }
  if (others_wrote) RemoveDuplicates(live);
  for (std::uint64_t i = 0; i < level_count_; ++i) CountAway(levels_[i]);
}

}  // namespace mqtrack::recorder
