// Reading a bucket. Its state counts the operations completed (layout.h), so a copy between two equal states that holds
// as many entries as the state says is a copy of one instant. A writer that was killed in the middle never completes:
// its bucket is then taken slot by slot, which is right too, because a slot's key is stored last and cleared first.
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

struct SlotCopy {
  std::uint64_t key, meta;
  SlotReferences references;
};

struct BucketCopy {
  std::uint64_t state = 0;
  SlotCopy slots[kSlotsPerBucket];

  /// How many operations were begun and not counted yet, at least; 0: the copy is of one instant.
  [[nodiscard]] std::uint64_t InFlight() const {
    std::int64_t excess = -static_cast<std::int64_t>(OccupiedIn(state));
    std::uint64_t busy = 0;
    for (const SlotCopy& slot : slots) {
      excess += slot.key != 0 && slot.key != kBusyKey;
      busy += slot.key == kBusyKey;
    }
    return busy + static_cast<std::uint64_t>(excess < 0 ? -excess : excess);
  }
  [[nodiscard]] bool IsEmpty() const {
    return std::all_of(std::begin(slots), std::end(slots), [](const SlotCopy& slot) { return slot.key == 0; });
  }
};

SlotCopy LoadSlot(const Bucket& bucket, std::uint32_t i) {
  return {Load(bucket.keys[i]),
          Load(bucket.meta[i]),
          {Load(bucket.references[i].stack), Load(bucket.references[i].labels)}};
}

// A slot that changed hands while it was copied counts as empty.
bool Copy(const Bucket& bucket, BucketCopy& copy) {
  copy.state = Load(bucket.state);
  bool quiet = true;
  for (std::uint32_t i = 0; i < kSlotsPerBucket; ++i) copy.slots[i] = LoadSlot(bucket, i);
  for (std::uint32_t i = 0; i < kSlotsPerBucket; ++i) {  // the loads before are acquire: these cannot move up
    if (Load(bucket.keys[i]) == copy.slots[i].key) continue;
    copy.slots[i].key = 0;
    quiet = false;
  }
  return Load(bucket.state) == copy.state && quiet && copy.InFlight() == 0;
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
    const bool consistent = Copy(bucket, copy) || (writer_alive_ && WaitAndCopy(bucket, copy));
    if (copy.state == 0 && copy.IsEmpty()) return {};
    for (std::uint32_t i = 0; i < kSlotsPerBucket; ++i) {
      if (Status added = Add(copy.slots[i], bucket.keys[i]); !added) return added;
    }
    if (!consistent) table_.in_flight += std::max<std::uint64_t>(copy.InFlight(), 1);
    table_.inserted += (VersionIn(copy.state) + OccupiedIn(copy.state)) / 2;
    table_.removed += (VersionIn(copy.state) - OccupiedIn(copy.state)) / 2;
    return {};
  }

  bool WaitAndCopy(const Bucket& bucket, BucketCopy& copy) {
    for (int i = 0; i < kSpins; ++i) {
      if (Copy(bucket, copy)) return true;
    }
    for (int i = 0; i < kYields; ++i) {
      ::sched_yield();
      if (Copy(bucket, copy)) return true;
    }
    for (int i = 0; i < kSleepsPerBucket && sleeps_left_ > 0; ++i, --sleeps_left_) {
      ::nanosleep(&kSleep, nullptr);
      if (Copy(bucket, copy)) return true;
    }
    return false;
  }

  Status Add(const SlotCopy& copy, const std::uint64_t& place) {
    if (copy.key == 0 || copy.key == kBusyKey) return {};
    const Kind kind = KindOf(copy.key);
    if (kind == Kind::kNone || kind > Kind::kCustom) {
      return view_.Malformed(view_.OffsetOf(&place), "kind of a live entry", "1 to 8",
                             static_cast<std::uint64_t>(kind));
    }
    LiveEntry& entry = table_.entries.emplace_back();
    entry.kind = kind;
    entry.handle = HandleOf(copy.key);
    entry.bytes = BytesOf(copy.meta);
    entry.generation = GenerationOf(copy.meta);
    entry.stack = static_cast<StackId>(copy.references.stack);
    entry.labels = static_cast<LabelsId>(copy.references.labels);
    return {};
  }

  const LogView& view_;
  const bool writer_alive_;
  int sleeps_left_ = kSleepsInAll;
  LiveTable table_;
};

// How many entries there may be, for a reservation only: what the newest levels would hold when nearly full.
std::uint64_t ProbableLive(const Directory& directory) {
  std::uint64_t buckets = 0;
  for (const Segment& level : directory.levels) buckets += level.count;
  constexpr std::uint64_t kMost = 64u << 20;  // the file may be sparse
  return std::min(buckets * kSlotsPerBucket / 4 * 3, kMost);
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
  std::size_t levels_read = 0;
  for (;;) {  // ends: there are at most kMaxSegments levels
    Result<Directory> directory = ReadDirectory(view);
    if (!directory) return directory.error();
    if (levels_read == 0) reader.Expect(ProbableLive(*directory));
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
