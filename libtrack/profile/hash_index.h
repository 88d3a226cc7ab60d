// Finds equal things by their hash: the table behind merging. Open addressing over flat memory, because a profile has
// hundreds of thousands of locations, and a node for each would cost a cache miss each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mqtrack::profile {

/// Maps hashes to indices of a table that the caller keeps; several entries may have one hash. Not thread-safe.
class HashIndex {
 public:
  /// The index of an entry with this hash that `equals(index)` accepts. If there is none, enters `next` and returns it.
  template <typename Equals>
  std::size_t FindOrAdd(std::size_t hash, std::size_t next, Equals equals) {
    if ((count_ + 1) * 3 > slots_.size() * 2) Grow();
    for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      Slot& slot = slots_[at];
      if (slot.index == kEmpty) {
        slot = {hash, next};
        ++count_;
        return next;
      }
      if (slot.hash == hash && equals(slot.index)) return slot.index;
    }
  }

 private:
  static constexpr std::size_t kEmpty = static_cast<std::size_t>(-1);
  struct Slot {
    std::size_t hash = 0, index = kEmpty;
  };

  void Grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : slots_.size() * 2);  // a power of two
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.index == kEmpty) continue;
      std::size_t at = slot.hash & (slots_.size() - 1);
      while (slots_[at].index != kEmpty) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

}  // namespace mqtrack::profile
