// How the live table gets another level.
#include <sched.h>
#include <time.h>

#include <cstring>

#include "preload/recorder/live/live_table.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/signals_held.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint64_t kFirstBuckets = 1024;  // 128 KiB, 5,120 slots
constexpr std::uint64_t kFewestBuckets = 64;
/// Backed with memory at once, in some ten microseconds.
constexpr std::uint64_t kPieceBytes = 128 << 10;
/// Up to so many buckets the table doubles: few levels, and at most 8 MiB.
constexpr std::uint64_t kDoubleUpTo = 65536;
/// How long a thread waits for another one's piece of growth before it gives its record up.
constexpr std::uint64_t kLongestGrowWaitNanos = 100'000'000;

std::uint64_t MonotonicNanos() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

/// The oldest levels, an eighth of the table, are the room that is used while the next level is being made. Now and
/// then something strays there although the newer levels have room: only where it is filling up is it time to grow.
bool LiveTable::IsTimeToGrow(std::uint64_t level, std::uint64_t levels, const log::Bucket& bucket) const {
  if (level + 1 == levels || log::OccupiedIn(LoadRelaxed(bucket.state)) + 1 < log::kSlotsPerBucket) return false;
  std::uint64_t older = 0, total = 0;
  for (std::uint64_t i = 0; i < levels; ++i) {
    total += levels_[i].count;
    if (i <= level) older += levels_[i].count;
  }
  return older * 8 <= total;
}

void LiveTable::MakeRoom(std::uint64_t seen_levels) {
  const std::uint64_t levels = LoadAcquire(level_count_);
  if (seen_levels < levels) {  // there is a level that was about to go
    StopEmptying(seen_levels);
  } else {
    (void)Grow(levels, WhenBusy::kGoOn);
  }
}

LiveTable::Growth LiveTable::Grow(std::uint64_t seen_levels, WhenBusy when_busy) {
  const ErrnoKeeper keep_errno;
  if (LoadRelaxed(growing_) == 0) {
    const SignalsHeld held;  // a handler would find nobody to wait for but the code that it interrupted
    if (Swap(growing_, 0u, 1u)) {
      const Growth growth = LoadAcquire(level_count_) == seen_levels ? MakeNextPiece() : Growth::kGrown;
      StoreRelease(growing_, 0u);
      return growth;
    }
  }
  if (when_busy == WhenBusy::kGoOn) return Growth::kUnderWay;
  const std::uint64_t deadline = MonotonicNanos() + kLongestGrowWaitNanos;
  while (LoadAcquire(level_count_) == seen_levels && LoadAcquire(growing_) != 0 && MonotonicNanos() < deadline) {
    ::sched_yield();
  }
  return LoadAcquire(growing_) == 0 || LoadAcquire(level_count_) != seen_levels ? Growth::kUnderWay : Growth::kFailed;
}

/// Finds a place for level `index`: the one where it was before, or address space that is set aside now. Doubles a
/// small table; later grows by half of what there is, rounded down to a power of two: memory follows the live set by
/// steps of at most 1.5.
bool LiveTable::FindPlace(std::uint64_t index) {
  if (places_[index].bytes != 0) return true;
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < index; ++i) total += levels_[i].count;
  std::uint64_t buckets = kFirstBuckets;
  while (buckets * (total < kDoubleUpTo ? 2 : 4) <= total) buckets *= 2;
  std::uint64_t offset = 0;
  while ((offset = log_->SetAside(buckets * sizeof(log::Bucket))) == 0 && buckets > kFewestBuckets) buckets /= 2;
  if (offset == 0) return false;
  places_[index] = {offset, buckets * sizeof(log::Bucket), 0, 0, places_[index].segment_plus_1};
  return true;
}

/// Backs a piece of the next level with memory: a whole level at once would make its thread wait for milliseconds.
LiveTable::Growth LiveTable::MakeNextPiece() {
  const std::uint64_t index = LoadRelaxed(level_count_);
  if (index >= kMaxLevels || !FindPlace(index)) return Growth::kFailed;
  Place& place = places_[index];
  std::uint64_t piece = place.bytes - place.ready < kPieceBytes ? place.bytes - place.ready : kPieceBytes;
  const std::uint64_t start = place.offset + place.ready;
  if (place.ready < place.backed) {  // memory that a withdrawn level still has
    if (piece > place.backed - place.ready) piece = place.backed - place.ready;
    std::memset(log_->At<std::byte>(start), 0, piece);
  } else if (piece == 0 || log_->Back(start, piece)) {
    place.backed += piece;
  } else {
    piece = 0;
  }
  place.ready += piece;
  if (piece != 0 && place.ready < place.bytes) return Growth::kUnderWay;
  return PublishNext() ? Growth::kGrown : Growth::kFailed;
}

/// The next level is complete, or there is no memory for more: as much of it as there is.
bool LiveTable::PublishNext() {
  const std::uint64_t index = LoadRelaxed(level_count_);
  Place& place = places_[index];
  if (place.ready < kFewestBuckets * sizeof(log::Bucket)) return false;
  std::uint64_t buckets = place.bytes / sizeof(log::Bucket);
  while (buckets * sizeof(log::Bucket) > place.ready) buckets /= 2;
  const std::uint64_t bytes = buckets * sizeof(log::Bucket);
  if (place.segment_plus_1 != 0) {
    log_->PublishAgain(place.segment_plus_1 - 1, log::SegmentKind::kLiveLevel, place.offset, bytes, buckets);
  } else if (!log_->Publish(log::SegmentKind::kLiveLevel, place.offset, bytes, buckets, &place.segment_plus_1)) {
    return false;
  }
  levels_[index] = {log_->At<log::Bucket>(place.offset), buckets};
  StoreRelease(level_count_, index + 1);
  StoreRelease(insert_levels_, index + 1);
  return true;
}

}  // namespace mqtrack::recorder
