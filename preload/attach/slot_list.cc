#include "preload/attach/slot_list.h"

#include <sys/mman.h>

#include <cstring>

#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::redirection {
namespace {
constexpr std::size_t kFirstCapacity = 4096;
}

SlotList::Entry* SlotList::Find(std::uintptr_t slot) {
  for (std::size_t i = 0; i < count_; ++i) {
    const std::size_t at = cursor_ + i < count_ ? cursor_ + i : cursor_ + i - count_;
    if (entries_[at].slot != slot) continue;
    cursor_ = at + 1 < count_ ? at + 1 : 0;
    return &entries_[at];
  }
  return nullptr;
}

bool SlotList::Remember(std::uintptr_t slot, std::uintptr_t original) {
  if (repeats_) {
    if (Entry* known = Find(slot)) {
      known->original = original;
      return true;
    }
  }
  if (count_ == capacity_) {
    const std::size_t wanted = capacity_ == 0 ? kFirstCapacity : capacity_ * 2;
    // Not mremap, which a system call filter may forbid.
    void* memory =
        recorder::MapMemory(nullptr, wanted * sizeof(Entry), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    if (memory == MAP_FAILED) return false;
    if (capacity_ != 0) {
      std::memcpy(memory, entries_, count_ * sizeof(Entry));
      recorder::UnmapMemory(entries_, capacity_ * sizeof(Entry));
    }
    entries_ = static_cast<Entry*>(memory);
    capacity_ = wanted;
  }
  entries_[count_++] = {slot, original};
  return true;
}

std::uintptr_t SlotList::OriginalOf(std::uintptr_t slot) {
  const Entry* known = Find(slot);
  return known != nullptr ? known->original : 0;
}

}  // namespace mqtrack::redirection
