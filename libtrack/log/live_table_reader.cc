// Reading a bucket. Its state counts the operations completed (layout.h), so a copy between two equal states that holds
// as many entries as the state says is a copy of one instant. A writer that was killed in the middle never completes:
// its bucket is then taken slot by slot, which is right too, because a slot's key is stored last and cleared first.
//
// A table that shrinks moves entries from its newest level to older ones. Levels are therefore read from the newest to
// the oldest: what is moved meanwhile is found twice, and kept once. If a level is withdrawn meanwhile, all is read
// anew.
#include "libtrack/log/live_table_reader.h"

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

// A slot that changed hands while it was copied counts as empty. `steps` is Header::live_steps.
bool Copy(const Bucket& bucket, const std::uint64_t& steps, BucketCopy& copy) {
  const std::uint64_t steps_before = Load(steps);
  copy.state = Load(bucket.state);
  bool quiet = true;
  for (std::uint32_t i = 0; i < kSlotsPerBucket; ++i) copy.slots[i] = LoadSlot(bucket, i);
  for (std::uint32_t i = 0; i < kSlotsPerBucket; ++i) {  // the loads before are acquire: these cannot move up
    if (Load(bucket.keys[i]) == copy.slots[i].key) continue;
    copy.slots[i].key = 0;
    quiet = false;
  }
  return Load(bucket.state) == copy.state && Load(steps) == steps_before && quiet && copy.InFlight() == 0;
}

/// Where in the list of entries those of a level begin.
struct LevelStart {
  std::size_t entry;
  std::size_t level;  // counted from the oldest
};

/// What was found in all levels; KeepEachKeyOnce makes a LiveTable of it.
struct AllEntries {
  LiveTable table;
  std::vector<LevelStart> starts;  // in the order of reading
};

class TableReader {
 public:
  TableReader(const LogView& view, bool writer_alive) : view_(view), writer_alive_(writer_alive) {}

  void Expect(std::uint64_t entries) { all_.table.entries.reserve(entries); }

  /// Reads the levels that are in the directory now, but for the oldest ones, which were read before. False if one was
  /// withdrawn meanwhile, unless all that is still there is wanted whatever happens.
  Result<bool> ReadLevels(const Directory& directory, std::size_t read_before, bool whatever_happens) {
    for (std::size_t i = directory.levels.size(); i-- > read_before;) {
      all_.starts.push_back({all_.table.entries.size(), i});
      if (Status read = ReadLevel(directory.levels[i], directory.withdrawals); !read) return read.error();
      if (!whatever_happens && HasWithdrawn(directory.withdrawals)) return false;
    }
    return true;
  }
  [[nodiscard]] bool HasWithdrawn(std::uint64_t withdrawals) const {
    return Load(view_.header().withdrawals) != withdrawals;
  }
  AllEntries Take() && { return std::move(all_); }

 private:
  // The memory of a withdrawn level is not to be looked at: that would make the kernel fill the hole again. So once
  // something was withdrawn, every page is asked for.
  Status ReadLevel(const Segment& level, std::uint64_t withdrawals) {
    constexpr std::uint64_t kBucketsAPage = 4096 / sizeof(Bucket);
    const auto* buckets = view_.At<Bucket>(level.offset);
    for (std::uint64_t i = 0; i < level.count; ++i) {
      if (i % kBucketsAPage == 0 && HasWithdrawn(withdrawals) && !IsThere(view_, level)) break;
      if (Status read = ReadBucket(buckets[i]); !read) return read;
    }
    return {};
  }

  Status ReadBucket(const Bucket& bucket) {
    BucketCopy copy;
    const bool consistent =
        Copy(bucket, view_.header().live_steps, copy) || (writer_alive_ && WaitAndCopy(bucket, copy));
    if (copy.state == 0 && copy.IsEmpty()) return {};
    for (std::uint32_t i = 0; i < kSlotsPerBucket; ++i) {
      if (Status added = Add(copy.slots[i], bucket.keys[i]); !added) return added;
    }
    if (!consistent) all_.table.in_flight += std::max<std::uint64_t>(copy.InFlight(), 1);
    all_.table.inserted += (VersionIn(copy.state) + OccupiedIn(copy.state)) / 2;
    all_.table.removed += (VersionIn(copy.state) - OccupiedIn(copy.state)) / 2;
    return {};
  }

  bool WaitAndCopy(const Bucket& bucket, BucketCopy& copy) {
    for (int i = 0; i < kSpins; ++i) {
      if (Copy(bucket, view_.header().live_steps, copy)) return true;
    }
    for (int i = 0; i < kYields; ++i) {
      ::sched_yield();
      if (Copy(bucket, view_.header().live_steps, copy)) return true;
    }
    for (int i = 0; i < kSleepsPerBucket && sleeps_left_ > 0; ++i, --sleeps_left_) {
      ::nanosleep(&kSleep, nullptr);
      if (Copy(bucket, view_.header().live_steps, copy)) return true;
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
    LiveEntry& entry = all_.table.entries.emplace_back();
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
  AllEntries all_;
};

// How many entries there may be, for a reservation only: what the newest levels would hold when nearly full.
std::uint64_t ProbableLive(const Directory& directory) {
  std::uint64_t buckets = 0;
  for (const Segment& level : directory.levels) buckets += level.count;
  constexpr std::uint64_t kMost = 64u << 20;  // the file may be sparse
  return std::min(buckets * kSlotsPerBucket / 4 * 3, kMost);
}

// A key that was removed and entered again while we read may be seen in both of its buckets: the younger one counts; of
// two equally young the one in the newer level, and of two in one level the one read later. The table holds the upper
// half of the hash beside the index, so that nearly every probe is decided without touching an entry. Returns how many
// were there twice.
std::size_t KeepEachKeyOnce(std::vector<LiveEntry>& entries, const std::vector<LevelStart>& starts) {
  if (entries.size() < 2) return 0;
  const std::size_t capacity = std::bit_ceil(entries.size() + entries.size() / 2);
  struct Place {
    std::uint32_t hash, index_plus_1;
  };
  std::vector<Place> table(capacity, Place{0, 0});
  constexpr std::size_t kAhead = 8;
  const auto hash_of = [&](const LiveEntry& entry) { return Mix(MakeKey(entry.kind, entry.handle)); };
  const auto level_of = [&](std::size_t index) {
    const auto after = std::upper_bound(starts.begin(), starts.end(), index,
                                        [](std::size_t entry, const LevelStart& start) { return entry < start.entry; });
    return std::prev(after)->level;
  };
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
      const bool is_newer =
          entries[i].generation > known.generation ||
          (entries[i].generation == known.generation && level_of(i) >= level_of(table[at].index_plus_1 - 1));
      if (is_newer) known = entries[i];
      entries[i].kind = Kind::kNone;
      ++duplicates;
      break;
    }
    if (table[at].index_plus_1 == 0) table[at] = {upper, static_cast<std::uint32_t>(i + 1)};
  }
  if (duplicates > 0) std::erase_if(entries, [](const LiveEntry& entry) { return entry.kind == Kind::kNone; });
  return duplicates;
}

/// Reads everything once. False if a level was withdrawn meanwhile, unless that is to be put up with.
Result<bool> ReadOnce(TableReader& reader, const LogView& view, bool whatever_happens) {
  std::size_t levels_read = 0;
  for (;;) {  // ends: there are at most kMaxSegments levels
    Result<Directory> directory = ReadDirectory(view);
    if (!directory) return directory.error();
    if (levels_read == 0) reader.Expect(ProbableLive(*directory));
    if (levels_read >= directory->levels.size()) return true;
    const Result<bool> whole = reader.ReadLevels(*directory, levels_read, whatever_happens);
    if (!whole || !*whole) return whole;
    levels_read = directory->levels.size();
  }
}

/// What was found, each key once, and the totals with the events of withdrawn levels.
Result<LiveTable> Conclude(AllEntries all, bool moved_meanwhile, std::uint64_t gone_events) {
  LiveTable table = std::move(all.table);
  if (table.entries.size() >= 0xffffffffu) {
    return support::Error{ErrorCode::kBadInput, "damaged log: more than four thousand million live entries", {}};
  }
  const std::size_t duplicates = KeepEachKeyOnce(table.entries, all.starts);
  // What was moved meanwhile, or is half moved, was seen to be inserted twice.
  if (moved_meanwhile) table.inserted -= std::min<std::uint64_t>(duplicates, table.inserted);
  table.inserted += gone_events;
  table.removed += gone_events;
  return table;
}

}  // namespace

Result<LiveTable> ReadLiveTable(const LogView& view, bool writer_alive) {
  constexpr int kMostAttempts = 16;
  const Header& header = view.header();
  for (int attempt = 1;; ++attempt) {
    const std::uint64_t withdrawals = Load(header.withdrawals), steps = Load(header.live_steps);
    const std::uint64_t gone_events = Load(header.gone_events[withdrawals & 1]);
    const bool is_last = attempt == kMostAttempts;
    TableReader reader(view, writer_alive);
    const Result<bool> whole = ReadOnce(reader, view, is_last);
    if (!whole) return whole.error();
    const bool is_settled = *whole && !reader.HasWithdrawn(withdrawals);
    if (!is_settled && !is_last) continue;
    const std::uint64_t steps_now = Load(header.live_steps);
    return Conclude(std::move(reader).Take(), steps_now != steps || steps_now % 2 != 0, gone_events);
  }
}

}  // namespace mqtrack::log
