// How the live table gives levels back when the live set has shrunk.
//
// Only while the process has one thread, which is how brokers run: nobody else can then be in the middle of anything.
// The newest level is no longer inserted into; its entries move to older levels, a few at a time, until it is empty;
// then it is withdrawn, and its memory given back piece by piece. Every step takes some ten microseconds, with signals
// held back, and leaves a complete table: a thread that starts, a fork or a kill between two steps finds nothing
// unusual, and if room gets scarce the level is simply used again.
//
// A level goes when what is alive fills a quarter of the older ones: the live set must grow to nearly four times its
// size before another level is made, so that one which goes up and down costs no moves. Where readers look first, and
// what they see of a move, is told in libtrack/log/layout.h.
#include "preload/recorder/live/in_levels.h"
#include "preload/recorder/live/live_bucket.h"
#include "preload/recorder/live/live_table.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/shared_count.h"
#include "preload/recorder/sync/signals_held.h"

namespace mqtrack::recorder {
namespace {

// One step: entries moved, buckets looked at (the empty ones cost next to nothing), memory given back.
constexpr std::uint64_t kMostMovesAStep = 256;
constexpr std::uint64_t kMostBucketsAStep = 2048;
constexpr std::uint64_t kGiveBackBytes = 64 << 10;
/// How often to look whether a level can go, in removals; a few buckets, and some more if these are nearly empty.
constexpr std::uint64_t kRemovalsALook = 2048;
constexpr std::uint64_t kFewSamples = 64;
constexpr std::uint64_t kManySamples = 256;
/// After a second look that said no, and after an attempt that led to nothing.
constexpr std::uint64_t kShortRest = 2 * kRemovalsALook;
constexpr std::uint64_t kLongRest = 16 * kRemovalsALook;
/// What is alive must fit into the older levels so many times.
constexpr std::uint64_t kTimesFitting = 4;

}  // namespace

void LiveTable::TakeStep() {
  if (LoadRelaxed(keeps_size_) != 0 || thread_state.in_levels != 0 || !log_->IsInMemory()) return;
  const ErrnoKeeper keep_errno;
  const SignalsHeld held;
  const std::uint64_t levels = level_count_;
  if (!IsOnlyThread() || growing_ != 0) return;
  if (IsLeftOver(levels)) GiveBackPiece(levels);
  if (insert_levels_ < levels) {
    GoOnEmptying(insert_levels_);
  } else if (levels > 1 && removals_ % kRemovalsALook == 0 && removals_ >= LoadRelaxed(rests_until_) &&
             FitsInto(levels - 1, kFewSamples)) {
    if (FitsInto(levels - 1, kManySamples)) {
      BeginToEmpty(levels - 1);
    } else {
      StoreRelaxed(rests_until_, removals_ + kShortRest);
    }
  }
}

/// True if, as far as some buckets all over the table tell, all that is alive fits easily into the first `levels`.
bool LiveTable::FitsInto(std::uint64_t levels, std::uint64_t samples) const {
  std::uint64_t fitting = 0, total = 0;
  for (std::uint64_t i = 0; i < level_count_; ++i) {
    if (i < levels) fitting += levels_[i].count;
    total += levels_[i].count;
  }
  const std::uint64_t stride = total > samples ? total / samples : 1;
  std::uint64_t occupied = 0, looked_at = 0, begin = 0;
  std::uint64_t next = removals_ * 0x9e3779b97f4a7c15ULL % stride;  // others every time
  for (std::uint64_t i = 0; i < level_count_; begin += levels_[i++].count) {
    for (; next < begin + levels_[i].count; next += stride, ++looked_at)
      occupied += log::OccupiedIn(levels_[i].buckets[next - begin].state);
  }
  return occupied * total * kTimesFitting <= fitting * log::kSlotsPerBucket * looked_at;
}

void LiveTable::BeginToEmpty(std::uint64_t level) {
  if (level + 1 < kMaxLevels) places_[level + 1].ready = 0;  // what was made of the next one goes as well
  next_bucket_ = leaving_events_ = 0;
  StoreRelease(insert_levels_, level);
}

/// The level is needed after all. Any thread may find that out.
void LiveTable::StopEmptying(std::uint64_t level) {
  if (Swap(insert_levels_, level, level + 1)) StoreRelaxed(rests_until_, LoadRelaxed(removals_) + kLongRest);
}

void LiveTable::MarkStep() { StoreRelease(log_->header().live_steps, ++steps_); }

void LiveTable::GoOnEmptying(std::uint64_t level) {
  const std::uint64_t end = levels_[level].count;
  std::uint64_t moves = 0, looks = 0;
  MarkStep();
  while (next_bucket_ < end && moves < kMostMovesAStep && looks < kMostBucketsAStep && insert_levels_ == level) {
    for (std::uint32_t slot = 0; slot < log::kSlotsPerBucket; ++slot) {
      const Emptied emptied = EmptySlot(level, next_bucket_, slot);
      if (emptied == Emptied::kNoRoom) {
        StopEmptying(level);
        break;
      }
      moves += emptied == Emptied::kSomething;
    }
    if (insert_levels_ != level) break;
    leaving_events_ += log::VersionIn(levels_[level].buckets[next_bucket_].state);
    ++next_bucket_;
    ++looks;
  }
  MarkStep();
  if (insert_levels_ == level && next_bucket_ == end && !IsLeftOver(level + 1)) Withdraw(level);
}

LiveTable::Emptied LiveTable::EmptySlot(std::uint64_t level, std::uint64_t bucket_number, std::uint32_t slot) {
  log::Bucket& bucket = levels_[level].buckets[bucket_number];
  const std::uint64_t key = bucket.keys[slot];
  if (key == 0) return Emptied::kNothing;
  if (key != log::kBusyKey) {
    LiveRecord record;
    record.bytes = log::BytesOf(bucket.meta[slot]);
    record.generation = log::GenerationOf(bucket.meta[slot]);
    record.stack = static_cast<log::StackId>(bucket.references[slot].stack);
    record.labels = static_cast<log::LabelsId>(bucket.references[slot].labels);
    if (!MoveDown(level, key, record)) return Emptied::kNoRoom;
    log::Bucket& first = levels_[level].buckets[log::ChooseBuckets(key, levels_[level].count).first];
    if (&first != &bucket && log::AwayIn(first.state) != 0) AddShared(first.state, -log::kStateAway);
  }
  // A slot that is busy though nobody is at work was left by longjmp out of a signal handler, and was never counted.
  StoreRelease(bucket.keys[slot], std::uint64_t{0});
  if (key != log::kBusyKey && log::OccupiedIn(bucket.state) != 0) AddShared(bucket.state, -log::kStateInsert);
  return Emptied::kSomething;
}

bool LiveTable::IsIn(std::uint64_t level, std::uint64_t key) const {
  const log::BucketChoices choice = log::ChooseBuckets(key, levels_[level].count);
  return (SlotsWith(levels_[level].buckets[choice.first], key) |
          SlotsWith(levels_[level].buckets[choice.second], key)) != 0;
}

/// Enters into an older level what is in `level`. If it is there too, its free went past the recorder once, and the one
/// that was entered last counts. While the oldest level is tried first, that is the one in there; of others it is told
/// by the guess, unless another address shares it.
bool LiveTable::MoveDown(std::uint64_t level, std::uint64_t key, const LiveRecord& record) {
  const std::uint64_t last = LoadRelaxed(LevelHint(key));
  if ((LoadRelaxed(oldest_first_) != 0 && IsIn(0, key)) || (last < level && IsIn(last, key))) {
    AddRelaxed(log_->header().replaced, std::uint64_t{1});
    return true;
  }
  for (std::uint64_t i = level; i-- > 0;) {
    Inserted result = Inserted::kNew;
    if (!InsertIntoLevel(i, key, record, result)) continue;
    if (result == Inserted::kReplaced) AddRelaxed(log_->header().replaced, std::uint64_t{1});
    StoreRelaxed(LevelHint(key), static_cast<std::uint8_t>(i));
    return true;
  }
  return false;
}

/// True if memory of a withdrawn level is still to be given back.
bool LiveTable::IsLeftOver(std::uint64_t level) const {
  return level < kMaxLevels && places_[level].ready == 0 && places_[level].backed != 0 && LoadRelaxed(keeps_size_) == 0;
}

void LiveTable::Withdraw(std::uint64_t level) {
  Place& place = places_[level];
  StoreRelease(level_count_, level);
  log_->Withdraw(place.segment_plus_1 - 1, leaving_events_ / 2);
  place.ready = 0;
  if (level > 1) return;
  StoreRelease(oldest_first_, 1u);
  while (IsLeftOver(level)) GiveBackPiece(level);  // small, and with one level no more steps are taken
}

/// From the end, so that what is left can be used by the next level that is made here.
void LiveTable::GiveBackPiece(std::uint64_t level) {
  Place& place = places_[level];
  const std::uint64_t piece = place.backed < kGiveBackBytes ? place.backed : kGiveBackBytes;
  if (log_->GiveBack(place.offset + place.backed - piece, piece)) {
    place.backed -= piece;
  } else {
    KeepSize();  // the service has locked its memory, say
  }
}

}  // namespace mqtrack::recorder
