// The mappings that the service has made: the live table's entries of Kind::kMapping, and their order by address.
//
// A mapping is known by its first address. Parts of it may go, and whole stretches of several at once, so what is about
// to go is cut out before the real call, and put back should that fail: what another thread maps there the moment after
// is never taken for it. Every byte belongs to the call that mapped it; what is left on both sides of a hole keeps the
// stack, the labels and the generation of the whole.
#pragma once

#include <cstddef>
#include <cstdint>

#include "preload/recorder/mappings/mapping_ranges.h"
#include "preload/recorder/sync/masked_lock.h"

namespace mqtrack::recorder {

/// What was cut out. Nearly always one piece.
class CutMappings {
 public:
  /// True if nothing that was known lay in the range.
  [[nodiscard]] bool IsEmpty() const { return count_ == 0; }
  /// The one with the lowest address. Only if there is one.
  [[nodiscard]] const MappedPiece& first() const { return pieces_[0]; }

 private:
  friend class Mappings;
  static constexpr std::size_t kHere = 4;
  MappedPiece pieces_[kHere];
  std::size_t count_ = 0;
  MappingRanges::Id rest_ = 0;  // nodes that belong to this
};

/// Where mremap has put a range.
struct MovedRange {
  AddressRange before, after;
};

/// All members may be called from any thread and from signal handlers, keep errno, and wait for another thread for
/// microseconds; what cannot be entered is counted as Loss::kTableFull. In a child of vfork too: it has its parent's
/// memory, and what it maps there is its parent's.
class Mappings {
 public:
  /// The range is now mapped, by the call that `record` describes. What was known there before was unmapped unseen.
  void Record(AddressRange range, const LiveRecord& record);
  /// The range is about to be unmapped, or mapped over. Each cut must be followed by one of the next three.
  void Cut(AddressRange range, CutMappings& cut);
  /// It is gone.
  void Discard(CutMappings& cut);
  /// The call failed: what is still mapped stays known.
  void Restore(CutMappings& cut);
  /// It is elsewhere now, or is of another size. What it has grown by belongs to `grower`, with the labels of what it
  /// was a part of.
  void Move(CutMappings& cut, const MovedRange& moved, LiveRecord grower);
  /// Cut and Discard.
  void Forget(AddressRange range);
  /// The known mapping that holds `address`.
  [[nodiscard]] bool Find(std::uintptr_t address, MappedPiece& piece);

  /// In a child of fork, alone.
  void RepairAfterFork();
  /// For a new log. No thread may be inside.
  void Reset() { ranges_.Clear(); }

 private:
  [[nodiscard]] MappingRanges::Id CutOut(AddressRange range);
  void Enter(AddressRange range, const LiveRecord& record);
  void EnterJoined(AddressRange range, const LiveRecord& record);
  void Release(CutMappings& cut);
  template <typename Visit>
  void VisitPieces(const CutMappings& cut, Visit visit) const;

  MappingRanges ranges_;
  MaskedLock lock_;
};

extern Mappings mappings;

}  // namespace mqtrack::recorder
