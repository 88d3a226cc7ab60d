#include "preload/recorder/live_table.h"

#include <sched.h>
#include <sys/mman.h>
#include <time.h>

#include "preload/recorder/atomic_field.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint64_t kFirstBuckets = 4096;  // 512 KiB, 20,480 slots
/// How long a thread waits for another one's growth before it gives its record up. Growth takes about a millisecond for
/// each four MiB.
constexpr std::uint64_t kLongestGrowWaitNanos = 100'000'000;

std::uint64_t MonotonicNanos() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

/// What a bucket looks like to a thread that is about to insert `key`.
struct Glance {
  std::uint32_t occupied = 0;
  bool has_key = false;
};
Glance LookInto(const log::Bucket& bucket, std::uint64_t key) {
  Glance glance;
  for (const log::Slot& slot : bucket.slots) {
    const std::uint64_t present = LoadRelaxed(slot.key);
    glance.occupied += present != 0;
    glance.has_key |= present == key;
  }
  return glance;
}

/// Claims an empty slot of `bucket` and fills it. False if there is none.
bool InsertIntoBucket(log::Bucket& bucket, std::uint64_t key, const LiveRecord& record) {
  AddAcqRel(bucket.state, log::kStateWriter);
  for (log::Slot& slot : bucket.slots) {
    if (LoadRelaxed(slot.key) != 0 || !Swap(slot.key, std::uint64_t{0}, log::kBusyKey)) continue;
    StoreRelaxed(slot.meta, log::MakeMeta(record.bytes, record.generation));
    StoreRelaxed(slot.stack, static_cast<std::uint32_t>(record.stack));
    StoreRelaxed(slot.labels, static_cast<std::uint32_t>(record.labels));
    StoreRelease(slot.key, key);
    AddAcqRel(bucket.state, log::kStateInsert - log::kStateWriter);
    return true;
  }
  AddAcqRel(bucket.state, ~std::uint64_t{0});  // minus kStateWriter: nothing was changed
  return false;
}

/// Finds `key`, copies its record, and empties the slot.
bool RemoveFromBucket(log::Bucket& bucket, std::uint64_t key, LiveRecord& record) {
  for (log::Slot& slot : bucket.slots) {
    if (LoadAcquire(slot.key) != key) continue;
    AddAcqRel(bucket.state, log::kStateWriter);
    const std::uint64_t meta = LoadRelaxed(slot.meta);
    record.bytes = log::BytesOf(meta);
    record.generation = log::GenerationOf(meta);
    record.stack = static_cast<log::StackId>(LoadRelaxed(slot.stack));
    record.labels = static_cast<log::LabelsId>(LoadRelaxed(slot.labels));
    StoreRelease(slot.key, std::uint64_t{0});
    AddAcqRel(bucket.state, log::kStateRemove - log::kStateWriter);
    return true;
  }
  return false;
}

/// Makes a bucket that was copied while others wrote to it consistent. Returns the number of slots in use.
std::uint64_t RepairBucket(log::Bucket& bucket, const StackTable& stacks, const LabelTable& labels) {
  bool repaired = log::WritersIn(bucket.state) != 0;
  std::uint64_t occupied = 0;
  for (log::Slot& slot : bucket.slots) {
    if (slot.key == 0) continue;
    // A stack that was recorded after its part of the log had been copied is not in the copy.
    const log::StackRecord* stack = stacks.RecordOf(static_cast<log::StackId>(slot.stack));
    if (slot.key == log::kBusyKey || (stack != nullptr && stack->tag != log::kStackTag) ||
        !labels.Has(static_cast<log::LabelsId>(slot.labels))) {
      slot.key = 0;
      repaired = true;
    } else {
      ++occupied;
    }
  }
  if (repaired || log::OccupiedIn(bucket.state) != occupied) {
    bucket.state =
        (bucket.state & ~(log::kStateVersion - 1)) + log::kStateVersion + (occupied << log::kStateOccupiedShift);
  }
  return occupied;
}

}  // namespace

bool LiveTable::Create(LogFile& log) {
  log_ = &log;
  return AddLevel(kFirstBuckets);
}

bool LiveTable::AddLevel(std::uint64_t buckets) {
  const std::uint64_t index = LoadRelaxed(level_count_);
  if (index >= kMaxLevels) return false;
  const std::uint64_t bytes = buckets * sizeof(log::Bucket);
  const std::uint64_t offset = log_->Commit(bytes);
  if (offset == 0 || !log_->Publish(log::SegmentKind::kLiveLevel, offset, bytes, buckets)) return false;
  levels_[index] = {log_->At<log::Bucket>(offset), buckets};
  StoreRelease(level_count_, index + 1);
  return true;
}

bool LiveTable::InsertInto(const Level& level, std::uint64_t key, const LiveRecord& record, Inserted& result) {
  const log::BucketChoices choice = log::ChooseBuckets(key, level.count);
  log::Bucket& first = level.buckets[choice.first];
  log::Bucket& second = level.buckets[choice.second];
  const Glance in_first = LookInto(first, key), in_second = LookInto(second, key);
  if (in_first.has_key || in_second.has_key) [[unlikely]] {
    // Its free went past the recorder. Older levels are not searched for such leftovers: readers keep the newest entry.
    LiveRecord stale;
    if (RemoveFromBucket(first, key, stale) || RemoveFromBucket(second, key, stale)) result = Inserted::kReplaced;
  }
  const bool second_emptier = in_second.occupied < in_first.occupied;
  return InsertIntoBucket(second_emptier ? second : first, key, record) ||
         InsertIntoBucket(second_emptier ? first : second, key, record);
}

/// The oldest levels, an eighth of the table, are the room that other threads use while one makes the table grow.
/// Growing any earlier would leave the newer levels emptier than they need be.
bool LiveTable::IsLastResort(std::uint64_t level, std::uint64_t levels) const {
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
      if (InsertInto(levels_[i], key, record, result)) {
        if (i + 1 < levels && IsLastResort(i, levels) && LoadRelaxed(growing_) == 0) (void)Grow(levels);
        return result;
      }
    }
    if (!Grow(levels) && LoadAcquire(level_count_) == levels) return Inserted::kNoRoom;
  }
}

bool LiveTable::Grow(std::uint64_t seen_levels) {
  if (!Swap(growing_, 0u, 1u)) {
    const std::uint64_t deadline = MonotonicNanos() + kLongestGrowWaitNanos;
    while (LoadAcquire(level_count_) == seen_levels && LoadAcquire(growing_) != 0 && MonotonicNanos() < deadline) {
      ::sched_yield();
    }
    return LoadAcquire(level_count_) != seen_levels;
  }
  bool grown = LoadAcquire(level_count_) != seen_levels;
  if (!grown) {
    // Half of what there is, rounded down to a power of two: memory follows the live set by steps of at most 1.5.
    std::uint64_t total = 0;
    for (std::uint64_t i = 0; i < seen_levels; ++i) total += levels_[i].count;
    std::uint64_t buckets = kFirstBuckets;
    while (buckets * 4 <= total) buckets *= 2;
    while (!(grown = AddLevel(buckets)) && buckets > 64) buckets /= 4;
  }
  StoreRelease(growing_, 0u);
  return grown;
}

bool LiveTable::Remove(std::uint64_t key, LiveRecord& record) {
  const std::uint64_t levels = LoadAcquire(level_count_);
  for (std::uint64_t i = levels; i-- > 0;) {
    const Level& level = levels_[i];
    const log::BucketChoices choice = log::ChooseBuckets(key, level.count);
    if (RemoveFromBucket(level.buckets[choice.first], key, record)) return true;
    if (RemoveFromBucket(level.buckets[choice.second], key, record)) return true;
  }
  return false;
}

bool LiveTable::IsTwice(std::uint64_t key) const {
  std::uint32_t found = 0;
  for (std::uint64_t i = 0; i < level_count_; ++i) {
    const log::BucketChoices choice = log::ChooseBuckets(key, levels_[i].count);
    for (const log::Slot& slot : levels_[i].buckets[choice.first].slots) found += slot.key == key;
    if (choice.second == choice.first) continue;
    for (const log::Slot& slot : levels_[i].buckets[choice.second].slots) found += slot.key == key;
  }
  return found > 1;
}

/// One pass over the table. A bit for each key (16 bits per live thing) tells which keys are worth a search.
std::uint64_t LiveTable::RemoveDuplicates(std::uint64_t live) {
  std::uint64_t bits = 4096 * 8;
  while (bits < live * 16) bits *= 2;
  void* memory = ::mmap(nullptr, bits / 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return live;
  auto* seen = static_cast<std::uint64_t*>(memory);
  for (std::uint64_t i = 0; i < level_count_; ++i) {
    for (std::uint64_t j = 0; j < levels_[i].count; ++j) {
      log::Bucket& bucket = levels_[i].buckets[j];
      for (log::Slot& slot : bucket.slots) {
        if (slot.key == 0) continue;
        const std::uint64_t bit = log::Mix(slot.key) >> 8 & (bits - 1);
        const std::uint64_t mask = std::uint64_t{1} << (bit & 63);
        if ((seen[bit / 64] & mask) != 0 && IsTwice(slot.key)) {
          slot.key = 0;
          bucket.state += log::kStateRemove;
          --live;
        }
        seen[bit / 64] |= mask;
      }
    }
  }
  ::munmap(memory, bits / 8);
  return live;
}

std::uint64_t LiveTable::RepairAfterFork(const StackTable& stacks, const LabelTable& labels, bool others_wrote) {
  level_count_ = 0;
  for (const log::Segment& segment : log_->header().segments) {
    if (segment.kind != static_cast<std::uint32_t>(log::SegmentKind::kLiveLevel) || level_count_ == kMaxLevels)
      continue;
    levels_[level_count_++] = {log_->At<log::Bucket>(segment.offset), segment.count};
  }
  std::uint64_t live = 0;
  for (std::uint64_t i = 0; i < level_count_; ++i) {
    for (std::uint64_t j = 0; j < levels_[i].count; ++j) live += RepairBucket(levels_[i].buckets[j], stacks, labels);
  }
  growing_ = 0;
  return others_wrote ? RemoveDuplicates(live) : live;
}

}  // namespace mqtrack::recorder
