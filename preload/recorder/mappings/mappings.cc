// Entries of the live table change under the same lock as the ranges: two threads may unmap two parts of one mapping at
// the same time. A stack is never unwound under it.
#include "preload/recorder/mappings/mappings.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>

#include "preload/recorder/recorder.h"
#include "preload/recorder/resources.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::recorder {

constinit Mappings mappings;

namespace {

constexpr log::Kind kKind = log::Kind::kMapping;

void ForgetEntry(std::uintptr_t start) {
  LiveRecord record;
  (void)resources.Forget(kKind, start, record);
}

void CountDropped() { recorder.CountLoss(log::Loss::kTableFull); }

/// A call that failed may have unmapped what was in its way, or not. Writing back nothing asks the kernel.
bool IsStillMapped(AddressRange range) {
  if (recorder.sandboxed()) return true;
  return KernelCall(SYS_msync, static_cast<long>(range.start), static_cast<long>(range.bytes()), MS_ASYNC) == 0 ||
         errno != ENOMEM;
}

}  // namespace

/// Under the lock. The nodes that were taken out are the caller's.
MappingRanges::Id Mappings::CutOut(AddressRange range) {
  const MappingRanges::Cut cut = ranges_.CutOut(range);
  if (cut.lost) CountDropped();
  MappingRanges::Id piece = cut.pieces;
  if (!cut.before.range.IsEmpty()) {  // the first piece has no entry of its own, but shares one with what is left of it
    ForgetEntry(cut.before.range.start);
    resources.Restore(kKind, cut.before.range.start, cut.before.record);
  }
  for (; piece != 0; piece = ranges_.Next(piece)) {
    const MappedPiece gone = ranges_.PieceOf(piece);
    const bool is_shared = !cut.before.range.IsEmpty() && gone.range.start == cut.before.range.end;
    if (!is_shared) ForgetEntry(gone.range.start);
  }
  if (!cut.after.range.IsEmpty()) resources.Restore(kKind, cut.after.range.start, cut.after.record);
  return cut.pieces;
}

/// Under the lock.
void Mappings::Enter(AddressRange range, const LiveRecord& record) {
  if (range.IsEmpty()) return;
  ranges_.Discard(CutOut(range));
  const MappedPiece piece = PartOf({range, record}, range);
  if (ranges_.Insert(piece))
    resources.Restore(kKind, range.start, piece.record);
  else
    CountDropped();
}

/// Likewise, as a part of the mapping before it if that is of the same call: what grows page by page stays one.
void Mappings::EnterJoined(AddressRange range, const LiveRecord& record) {
  if (range.IsEmpty()) return;
  ranges_.Discard(CutOut(range));
  MappedPiece whole;
  if (!ranges_.Extend(PartOf({range, record}, range), whole)) return Enter(range, record);
  ForgetEntry(whole.range.start);
  resources.Restore(kKind, whole.range.start, whole.record);
}

void Mappings::Record(AddressRange range, const LiveRecord& record) {
  const MaskedLock::Hold hold(lock_);
  if (hold.is_held())
    Enter(range, record);
  else
    CountDropped();
}

void Mappings::Cut(AddressRange range, CutMappings& cut) {
  if (range.IsEmpty() || ranges_.IsEmpty()) return;
  const MaskedLock::Hold hold(lock_);
  if (!hold.is_held()) return CountDropped();
  cut.rest_ = CutOut(range);
  while (cut.rest_ != 0 && cut.count_ < CutMappings::kHere)
    cut.rest_ = ranges_.TakeFirst(cut.rest_, cut.pieces_[cut.count_++]);
}

/// Under the lock, or if there are no nodes to give back.
void Mappings::Release(CutMappings& cut) {
  ranges_.Discard(cut.rest_);
  cut.rest_ = 0;
  cut.count_ = 0;
}

void Mappings::Discard(CutMappings& cut) {
  if (cut.rest_ == 0) return Release(cut);
  const MaskedLock::Hold hold(lock_);
  if (hold.is_held()) Release(cut);
}

/// Under the lock.
template <typename Visit>
void Mappings::VisitPieces(const CutMappings& cut, Visit visit) const {
  for (std::size_t i = 0; i < cut.count_; ++i) visit(cut.pieces_[i]);
  for (MappingRanges::Id id = cut.rest_; id != 0; id = ranges_.Next(id)) visit(ranges_.PieceOf(id));
}

void Mappings::Restore(CutMappings& cut) {
  if (cut.IsEmpty()) return;
  const ErrnoKeeper keep_errno;
  const MaskedLock::Hold hold(lock_);
  if (!hold.is_held()) return CountDropped();
  VisitPieces(cut, [this](const MappedPiece& piece) {
    if (IsStillMapped(piece.range)) EnterJoined(piece.range, piece.record);
  });
  Release(cut);
}

void Mappings::Move(CutMappings& cut, const MovedRange& moved, LiveRecord grower) {
  const MaskedLock::Hold hold(lock_);
  if (!hold.is_held()) return CountDropped();
  ranges_.Discard(CutOut(moved.after));  // unmapped unseen
  const std::uintptr_t from = moved.before.start, to = moved.after.start;
  VisitPieces(cut, [&](const MappedPiece& piece) {
    const std::uintptr_t end = to + (piece.range.end - from);
    Enter({to + (piece.range.start - from), end < moved.after.end ? end : moved.after.end}, piece.record);
    grower.labels = piece.record.labels;
  });
  Release(cut);
  EnterJoined({to + moved.before.bytes(), moved.after.end}, grower);
}

void Mappings::Forget(AddressRange range) {
  CutMappings cut;
  Cut(range, cut);
  Discard(cut);
}

bool Mappings::Find(std::uintptr_t address, MappedPiece& piece) {
  if (ranges_.IsEmpty()) return false;
  const MaskedLock::Hold hold(lock_);
  return hold.is_held() && ranges_.Find(address, piece);
}

void Mappings::RepairAfterFork() {
  if (lock_.ResetAfterFork()) ranges_.Rebuild();
}

}  // namespace mqtrack::recorder
