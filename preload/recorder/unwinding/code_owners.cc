#include "preload/recorder/unwinding/code_owners.h"

#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::recorder {

bool CodeOwners::Note(const CodeRange& object) {
  const std::uint32_t count = LoadAcquire(count_);
  bool replaces = false;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t start = LoadRelaxed(ranges_[i].start), end = LoadRelaxed(ranges_[i].end);
    if (start >= object.end || end <= object.start) continue;
    if (start == object.start && end == object.end && LoadRelaxed(ranges_[i].print) == object.print) return false;
    replaces = true;
  }
  // Whoever finds another thread at it leaves the change to that one, or to the next look.
  if (!Swap(noting_, 0u, 1u)) return replaces;
  std::uint32_t place = kCapacity;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (ranges_[i].start < object.end && ranges_[i].end > object.start) {
      StoreRelaxed(ranges_[i].end, std::uint64_t{0});
      place = i;
    }
  }
  if (place == kCapacity) place = count < kCapacity ? count : next_++ % kCapacity;
  StoreRelaxed(ranges_[place].start, object.start);
  StoreRelaxed(ranges_[place].print, object.print);
  StoreRelaxed(ranges_[place].end, object.end);
  if (place == count_) StoreRelease(count_, count_ + 1);
  StoreRelease(noting_, 0u);
  return replaces;
}

}  // namespace mqtrack::recorder
