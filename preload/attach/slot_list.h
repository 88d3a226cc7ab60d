// Which pointers were changed, and what they held before.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mqtrack::redirection {

/// Grows by mmap, keeps its memory. Not synchronised.
class SlotList {
 public:
  /// Remembers that `slot` held `original`; a slot that is known already gets the new value. False: no memory.
  [[nodiscard]] bool Remember(std::uintptr_t slot, std::uintptr_t original);
  /// What `slot` held; 0 if it is not known.
  [[nodiscard]] std::uintptr_t OriginalOf(std::uintptr_t slot);
  /// Forgets all slots.
  void Clear() { count_ = cursor_ = 0; }
  /// From now on slots may come that are known already (a library took the place of another one).
  void MayRepeat(bool repeats) { repeats_ = repeats; }

 private:
  struct Entry {
    std::uintptr_t slot, original;
  };
  [[nodiscard]] Entry* Find(std::uintptr_t slot);
  Entry* entries_ = nullptr;
  std::size_t count_ = 0, capacity_ = 0;
  std::size_t cursor_ = 0;  // slots are asked for in the order in which they came: the next one is mostly here
  bool repeats_ = false;
};

}  // namespace mqtrack::redirection
