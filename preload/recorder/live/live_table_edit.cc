// Changes of things that stay in the live table: their labels. And the clearing out in a child of fork.
//
// Labels are swapped in place, together with the stack beside them, so that a thing that is forgotten and replaced by
// another between the look and the swap keeps what is its own. Taking the record out and putting it back would let a
// reader miss the thing, and let a thread that forgets it at that moment find nothing.
#include <initializer_list>
#include <type_traits>

#include "preload/recorder/live/in_levels.h"
#include "preload/recorder/live/live_table.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/shared_count.h"

namespace mqtrack::recorder {
namespace {

/// Stack and labels of a slot as one word: stack, then labels.
std::uint64_t& StackAndLabels(log::Bucket& bucket, std::uint32_t slot) {
  return reinterpret_cast<std::uint64_t*>(bucket.references)[slot];
}
static_assert(sizeof(log::SlotReferences) == 8 && offsetof(log::Bucket, references) % 8 == 0 &&
              offsetof(log::SlotReferences, labels) == 4);

}  // namespace

LiveTable::Slot LiveTable::Find(std::uint64_t key) const {
  const std::uint64_t levels = LoadAcquire(level_count_), first = LoadAcquire(oldest_first_) != 0 ? 0 : levels - 1;
  for (std::uint64_t n = 0; n < levels; ++n) {  // where it would be entered; then from the newest to the oldest
    const std::uint64_t i = (first + levels - n) % levels;
    const log::BucketChoices choice = log::ChooseBuckets(key, levels_[i].count);
    for (const std::uint64_t number : {choice.first, choice.second}) {
      log::Bucket& bucket = levels_[i].buckets[number];
      for (std::uint32_t slot = 0; slot < log::kSlotsPerBucket; ++slot) {
        if (LoadAcquire(bucket.keys[slot]) == key) return {&bucket, slot};
      }
    }
  }
  return {nullptr, 0};
}

bool LiveTable::FindLabels(std::uint64_t key, log::LabelsId& labels) const {
  const InLevels in_levels;
  const Slot slot = Find(key);
  if (slot.bucket == nullptr) return false;
  labels = static_cast<log::LabelsId>(LoadAcquire(slot.bucket->references[slot.number].labels));
  return LoadAcquire(slot.bucket->keys[slot.number]) == key;
}

bool LiveTable::SwapLabels(std::uint64_t key, log::LabelsId expected, log::LabelsId desired) {
  const InLevels in_levels;
  const Slot slot = Find(key);
  if (slot.bucket == nullptr) return false;
  std::uint64_t& word = StackAndLabels(*slot.bucket, slot.number);
  const std::uint64_t before = LoadAcquire(word);
  const std::uint64_t after = (before & 0xffffffffu) | static_cast<std::uint64_t>(desired) << 32;
  if (LoadAcquire(slot.bucket->keys[slot.number]) != key || before >> 32 != static_cast<std::uint64_t>(expected) ||
      !Swap(word, before, after)) {
    return false;
  }
  AddShared(slot.bucket->state, 2 * log::kStateVersion);  // as if it had been removed and inserted
  return true;
}

void LiveTable::RemoveWhere(log::Kind kind, bool (*is_gone)(std::uint64_t handle)) {
  const InLevels in_levels;
  for (std::uint64_t i = 0; i < level_count_; ++i) {
    for (std::uint64_t j = 0; j < levels_[i].count; ++j) {
      log::Bucket& bucket = levels_[i].buckets[j];
      for (std::uint64_t& key : bucket.keys) {
        if (log::KindOf(key) != kind || !is_gone(log::HandleOf(key))) continue;
        StoreRelease(key, std::uint64_t{0});
        AddShared(bucket.state, log::kStateRemove);
      }
    }
  }
}

}  // namespace mqtrack::recorder
