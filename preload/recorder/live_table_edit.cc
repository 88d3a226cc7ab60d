// Changes of things that stay in the live table: their labels. And the clearing out in a child of fork.
//
// Labels are swapped in place, together with the stack beside them, so that a thing that is forgotten and replaced by
// another between the look and the swap keeps what is its own. Taking the record out and putting it back would let a
// reader miss the thing, and let a thread that forgets it at that moment find nothing.
#include "preload/recorder/atomic_field.h"
#include "preload/recorder/live_table.h"

namespace mqtrack::recorder {
namespace {

/// The second half of a Slot as one word: stack, then labels.
std::uint64_t& StackAndLabels(log::Slot& slot) { return reinterpret_cast<std::uint64_t*>(&slot)[2]; }
static_assert(offsetof(log::Slot, stack) == 16 && offsetof(log::Slot, labels) == 20);

log::Slot* FindIn(log::Bucket& bucket, std::uint64_t key) {
  for (log::Slot& slot : bucket.slots) {
    if (LoadAcquire(slot.key) == key) return &slot;
  }
  return nullptr;
}

}  // namespace

LiveTable::Place LiveTable::Find(std::uint64_t key) const {
  for (std::uint64_t i = LoadAcquire(level_count_); i-- > 0;) {
    const log::BucketChoices choice = log::ChooseBuckets(key, levels_[i].count);
    for (const std::uint64_t number : {choice.first, choice.second}) {
      log::Bucket& bucket = levels_[i].buckets[number];
      if (log::Slot* slot = FindIn(bucket, key)) return {&bucket, slot};
    }
  }
  return {nullptr, nullptr};
}

bool LiveTable::FindLabels(std::uint64_t key, log::LabelsId& labels) const {
  const Place place = Find(key);
  if (place.slot == nullptr) return false;
  labels = static_cast<log::LabelsId>(LoadAcquire(place.slot->labels));
  return LoadAcquire(place.slot->key) == key;
}

bool LiveTable::SwapLabels(std::uint64_t key, log::LabelsId expected, log::LabelsId desired) {
  const Place place = Find(key);
  if (place.slot == nullptr) return false;
  AddAcqRel(place.bucket->state, log::kStateWriter);
  const std::uint64_t before = LoadAcquire(StackAndLabels(*place.slot));
  const std::uint64_t after = (before & 0xffffffffu) | static_cast<std::uint64_t>(desired) << 32;
  const bool swapped = LoadAcquire(place.slot->key) == key && before >> 32 == static_cast<std::uint64_t>(expected) &&
                       Swap(StackAndLabels(*place.slot), before, after);
  AddAcqRel(place.bucket->state, log::kStateVersion - log::kStateWriter);
  return swapped;
}

std::uint64_t LiveTable::RemoveWhere(log::Kind kind, bool (*is_gone)(std::uint64_t handle)) {
  std::uint64_t removed = 0;
  for (std::uint64_t i = 0; i < level_count_; ++i) {
    for (std::uint64_t j = 0; j < levels_[i].count; ++j) {
      log::Bucket& bucket = levels_[i].buckets[j];
      for (log::Slot& slot : bucket.slots) {
        if (log::KindOf(slot.key) != kind || !is_gone(log::HandleOf(slot.key))) continue;
        AddAcqRel(bucket.state, log::kStateWriter);
        StoreRelease(slot.key, std::uint64_t{0});
        AddAcqRel(bucket.state, log::kStateRemove - log::kStateWriter);
        ++removed;
      }
    }
  }
  return removed;
}

}  // namespace mqtrack::recorder
