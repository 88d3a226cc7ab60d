// The live table in a child of fork, on its copy of the log.
#include <sys/mman.h>

#include "preload/recorder/live/in_levels.h"
#include "preload/recorder/live/live_bucket.h"
#include "preload/recorder/live/live_table.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::recorder {
namespace {

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
  std::uint64_t bits = std::uint64_t{1} << 15;
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
  const InLevels in_levels;
  const log::Header& header = log_->header();
  const std::uint64_t levels_before = level_count_;
  moved_while_copied_ = header.live_steps != steps_;
  level_count_ = 0;
  for (std::uint32_t i = 0; i < log::kMaxSegments; ++i) {
    const log::Segment& segment = header.segments[i];
    if (segment.kind != static_cast<std::uint32_t>(log::SegmentKind::kLiveLevel) || level_count_ == kMaxLevels)
      continue;
    levels_[level_count_] = {log_->At<log::Bucket>(segment.offset), segment.count};
    places_[level_count_++] = {segment.offset, segment.bytes, segment.bytes, segment.bytes, i + 1};
  }
  insert_levels_ = level_count_;
  for (std::uint64_t i = level_count_; i < kMaxLevels; ++i) {
    Place& place = places_[i];
    if (level_count_ != levels_before) place = {};
    if (!log_->IsSetAside(place.offset, place.bytes)) place.offset = place.bytes = 0;
    if (place.segment_plus_1 > header.segment_count) place.segment_plus_1 = 0;
    place.backed = place.ready = 0;  // is not in the copy
  }
  steps_ = (header.live_steps + 1) & ~std::uint64_t{1};
  StoreRelaxed(log_->header().live_steps, steps_);
  growing_ = 0;
  if (level_count_ == 1) StoreRelease(oldest_first_, 1u);
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
  const InLevels in_levels;
  std::uint64_t live = 0;
  for (std::uint64_t i = 0; i < level_count_; ++i) {
    for (std::uint64_t j = 0; j < levels_[i].count; ++j) live += RepairBucket(levels_[i].buckets[j], stacks, labels);
  }
  if (others_wrote || moved_while_copied_) RemoveDuplicates(live);
  for (std::uint64_t i = 0; i < level_count_; ++i) CountAway(levels_[i]);
}

}  // namespace mqtrack::recorder
