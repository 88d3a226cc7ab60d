// Reading a bucket. Its state counts the writers inside and the operations completed (layout.h), so a copy between two
// equal states without a writer is a copy of one instant. A writer that was killed inside never leaves: its bucket is
// then taken slot by slot, which is right too, because a slot's key is stored last and cleared first.
#include "libtrack/log/live_table.h"

#include <sched.h>
#include <time.h>

#include <algorithm>
#include <bit>
#include <optional>

namespace mqtrack::log {
namespace {

using support::ErrorCode;
using support::Result;
using support::Status;

// How long to wait for writers: a few spins and yields per bucket (a writer is inside for nanoseconds), then short
// sleeps from a budget of the whole read, in case it was descheduled. About 0.3 s in the worst case.
constexpr int kSpins = 64;
constexpr int kYields = 64;
constexpr int kSleepsPerBucket = 200;
constexpr int kSleepsInAll = 3000;
constexpr timespec kSleep{0, 100'000};

struct BucketCopy {
  std::uint64_t state = 0;
  Slot slots[kSlotsPerBucket];
  [[nodiscard]] std::uint64_t writers() const { return WritersIn(state); }
  [[nodiscard]] std::uint64_t occupied() const { return OccupiedIn(state); }
};

// Stack and labels are one aligned word, so that they are read together.
Slot LoadSlot(const Slot& slot) {
  Slot copy{};
  copy.key = Load(slot.key);
  copy.meta = Load(slot.meta);
  copy.stack = Load(slot.stack);
  copy.labels = Load(slot.labels);
  return copy;
}

bool CopyAtOneInstant(const Bucket& bucket, BucketCopy& copy) {
  copy.state = Load(bucket.state);
  if (copy.writers() != 0) return false;
  for (std::uint32_t i = 0; i < kSlotsPerBucket; ++i) copy.slots[i] = LoadSlot(bucket.slots[i]);
  return Load(bucket.state) == copy.state;  // the loads before are acquire: this one cannot move up
}

// Whether no operation was completed meanwhile, so that the copy is off by the writers inside at most.
bool CopySlotBySlot(const Bucket& bucket, BucketCopy& copy) {
  copy.state = Load(bucket.state);
  for (std::uint32_t i = 0; i < kSlotsPerBucket; ++i) {
    copy.slots[i] = LoadSlot(bucket.slots[i]);
    if (Load(bucket.slots[i].key) != copy.slots[i].key) copy.slots[i].key = 0;  // it changed hands under us
  }
  return Load(bucket.state) == copy.state;
}

class TableReader {
 public:
  TableReader(const LogView& view, bool writer_alive) : view_(view), writer_alive_(writer_alive) {}

  void Expect(std::uint64_t entries) { table_.entries.reserve(entries); }

  Status ReadLevel(const Segment& level) {
    const auto* buckets = view_.At<Bucket>(level.offset);
    for (std::uint64_t i = 0; i < level.count; ++i) {
      if (Status read = ReadBucket(buckets[i]); !read) return read;
    }
    return {};
  }
  LiveTable Take() && { return std::move(table_); }

 private:
  Status ReadBucket(const Bucket& bucket) {
    BucketCopy copy;
    bool consistent = CopyAtOneInstant(bucket, copy);
    if (!consistent && writer_alive_) consistent = WaitAndCopy(bucket, copy);
    const bool settled = consistent || CopySlotBySlot(bucket, copy);
    if (copy.state == 0 && copy.slots[0].key == 0 && IsEmpty(copy)) return {};
    if (settled) {
      if (Status checked = CheckOccupied(bucket, copy); !checked) return checked;
    }
    for (std::uint32_t i = 0; i < kSlotsPerBucket; ++i) {
      if (Status added = Add(copy.slots[i], bucket.slots[i]); !added) return added;
    }
    table_.in_flight += copy.writers();
    return {};
  }

  static bool IsEmpty(const BucketCopy& copy) {
    for (const Slot& slot : copy.slots) {
      if (slot.key != 0) return false;
    }
    return true;
  }

  bool WaitAndCopy(const Bucket& bucket, BucketCopy& copy) {
    for (int i = 0; i < kSpins; ++i) {
      if (CopyAtOneInstant(bucket, copy)) return true;
    }
    for (int i = 0; i < kYields; ++i) {
      ::sched_yield();
      if (CopyAtOneInstant(bucket, copy)) return true;
    }
    for (int i = 0; i < kSleepsPerBucket && sleeps_left_ > 0; ++i, --sleeps_left_) {
      ::nanosleep(&kSleep, nullptr);
      if (CopyAtOneInstant(bucket, copy)) return true;
    }
    return false;
  }

  // Each writer inside may have changed its slot already and not counted it yet, so it allows a difference of one.
  Status CheckOccupied(const Bucket& bucket, const BucketCopy& copy) const {
    std::uint64_t complete = 0, busy = 0;
    for (const Slot& slot : copy.slots) {
      if (slot.key == kBusyKey)
        ++busy;
      else if (slot.key != 0)
        ++complete;
    }
    const auto occupied = static_cast<std::int64_t>(copy.occupied());
    const std::int64_t excess = static_cast<std::int64_t>(complete) - occupied;
    const auto allowed = static_cast<std::int64_t>(copy.writers());
    if (busy <= copy.writers() && excess <= allowed && -excess <= allowed) return {};
    return view_.Malformed(view_.OffsetOf(&bucket), "occupied slots of a bucket",
                           std::to_string(occupied) + " by its counter, give or take " + std::to_string(allowed),
                           complete);
  }

  Status Add(const Slot& copy, const Slot& place) {
    if (copy.key == 0 || copy.key == kBusyKey) return {};
    const Kind kind = KindOf(copy.key);
    if (kind == Kind::kNone || kind > Kind::kCustom) {
      return view_.Malformed(view_.OffsetOf(&place), "kind of a live entry", "1 to 7",
                             static_cast<std::uint64_t>(kind));
    }
    LiveEntry& entry = table_.entries.emplace_back();
    entry.kind = kind;
    entry.handle = HandleOf(copy.key);
    entry.bytes = BytesOf(copy.meta);
    entry.generation = GenerationOf(copy.meta);
    entry.stack = static_cast<StackId>(copy.stack);
    entry.labels = static_cast<LabelsId>(copy.labels);
    return {};
  }

  const LogView& view_;
  const bool writer_alive_;
  int sleeps_left_ = kSleepsInAll;
  LiveTable table_;
};

// How many entries there should be, for a reservation only: never more than the file has room for.
std::uint64_t LiveByCounters(const LogView& view) {
  std::uint64_t live = 0;
  for (const EventShard& shard : view.header().events) live += Load(shard.inserted) - Load(shard.removed);
  const std::uint64_t room = view.size() / sizeof(Slot);
  constexpr std::uint64_t kMost = 64u << 20;  // the file may be sparse
  return std::min({live, room, kMost});
}

// A key that was removed and entered again while we read may be seen in both of its buckets: the younger one counts,
// and of two equally young the one read later. The table holds the upper half of the hash beside the index, so that
// nearly every probe is decided without touching an entry.
void KeepEachKeyOnce(std::vector<LiveEntry>& entries) {
  if (entries.size() < 2) return;
  const std::size_t capacity = std::bit_ceil(entries.size() + entries.size() / 2);
  struct Place {
    std::uint32_t hash, index_plus_1;
  };
  std::vector<Place> table(capacity, Place{0, 0});
  constexpr std::size_t kAhead = 8;
  const auto hash_of = [&](const LiveEntry& entry) { return Mix(MakeKey(entry.kind, entry.handle)); };
  std::size_t duplicates = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i + kAhead < entries.size()) __builtin_prefetch(&table[hash_of(entries[i + kAhead]) & (capacity - 1)], 1);
    const std::uint64_t hash = hash_of(entries[i]);
    const auto upper = static_cast<std::uint32_t>(hash >> 32);
    std::size_t at = hash & (capacity - 1);
    for (; table[at].index_plus_1 != 0; at = (at + 1) & (capacity - 1)) {
      if (table[at].hash != upper) continue;
      LiveEntry& known = entries[table[at].index_plus_1 - 1];
      if (known.handle != entries[i].handle || known.kind != entries[i].kind) continue;
      if (entries[i].generation >= known.generation) known = entries[i];
      entries[i].kind = Kind::kNone;
      ++duplicates;
      break;
    }
    if (table[at].index_plus_1 == 0) table[at] = {upper, static_cast<std::uint32_t>(i + 1)};
  }
  if (duplicates > 0) std::erase_if(entries, [](const LiveEntry& entry) { return entry.kind == Kind::kNone; });
}

}  // namespace

Result<LiveTable> ReadLiveTable(const LogView& view, bool writer_alive) {
  TableReader reader(view, writer_alive);
  reader.Expect(LiveByCounters(view));
  std::size_t levels_read = 0;
  for (;;) {  // ends: there are at most kMaxSegments levels
    Result<Directory> directory = ReadDirectory(view);
    if (!directory) return directory.error();
    if (levels_read >= directory->levels.size()) break;
    for (; levels_read < directory->levels.size(); ++levels_read) {
      if (Status read = reader.ReadLevel(directory->levels[levels_read]); !read) return read.error();
    }
  }
  LiveTable table = std::move(reader).Take();
  if (table.entries.size() >= 0xffffffffu) {
    return support::Error{ErrorCode::kBadInput, "damaged log: more than four thousand million live entries", {}};
  }
  KeepEachKeyOnce(table.entries);
  return table;
}

}  // namespace mqtrack::log
