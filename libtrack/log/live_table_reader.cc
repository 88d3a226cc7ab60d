// Reading a bucket. Its state counts the operations completed (layout.h), so a copy between two equal states that holds
// as many entries as the state says is a copy of one instant. A writer that was killed in the middle never completes:
// its bucket is then taken slot by slot, which is right too, because a slot's key is stored last and cleared first.
//
// A table that shrinks moves entries from its newest level to older ones. Levels are therefore read from the newest to
// the oldest: what is moved meanwhile is found twice, and kept once. If a level is withdrawn meanwhile, all is read
// anew. Which keys were met is known exactly (SeenKeys), so that blocks can be summed as they are met.
#include "libtrack/log/live_table_reader.h"

#include <sched.h>
#include <time.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "libtrack/log/seen_keys.h"

namespace mqtrack::log {
namespace {

using support::ErrorCode;
using support::Result;
using support::Status;

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

/// An entry, and the level that it was seen in, counted from the oldest.
struct Sighting {
  LiveEntry entry;
  std::size_t level;
};

using Keys = std::unordered_set<std::uint64_t>;

/// One pass over the table. Each key counts where it is met first; those of `set_aside` are kept with all their
/// sightings.
class TableReader {
 public:
  TableReader(const LogView& view, const Patience& patience, Blocks blocks, const Keys& set_aside)
      : view_(view), patience_(patience), blocks_(blocks), set_aside_(set_aside), sums_(SampleBytes(view)) {}

  void Expect(std::uint64_t entries) {
    if (blocks_ == Blocks::kEach) table_.entries.reserve(entries);
  }

  /// Reads the levels that are in the directory now, but for the oldest ones, which were read before. False if one was
  /// withdrawn meanwhile, unless all that is still there is wanted whatever happens.
  Result<bool> ReadLevels(const Directory& directory, std::size_t read_before, bool whatever_happens) {
    for (std::size_t i = directory.levels.size(); i-- > read_before;) {
      level_ = i;
      if (Status read = ReadLevel(directory.levels[i], directory.withdrawals); !read) return read.error();
      if (!whatever_happens && HasWithdrawn(directory.withdrawals)) return false;
    }
    return true;
  }
  [[nodiscard]] bool HasWithdrawn(std::uint64_t withdrawals) const {
    return Load(view_.header().withdrawals) != withdrawals;
  }
  /// Keys that were met again after they had been counted.
  [[nodiscard]] const Keys& met_again() const { return met_again_; }
  /// What was found, each key once. To be asked for once.
  LiveTable Take() {
    KeepTheYoungest();
    table_.blocks = std::move(sums_).Take();
    return std::move(table_);
  }
  /// How often a key was met that is counted elsewhere.
  [[nodiscard]] std::uint64_t duplicates() const { return duplicates_; }

 private:
  static std::uint64_t SampleBytes(const LogView& view) {
    const bool sampled = static_cast<Mode>(view.header().mode) == Mode::kSampled;
    return sampled ? view.header().sample_bytes : 0;
  }

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
    const bool consistent = Copy(bucket, view_.header().live_steps, copy) || WaitAndCopy(bucket, copy);
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
    for (int i = 0; i < patience_.spins; ++i) {
      if (Copy(bucket, view_.header().live_steps, copy)) return true;
    }
    for (int i = 0; i < patience_.yields; ++i) {
      ::sched_yield();
      if (Copy(bucket, view_.header().live_steps, copy)) return true;
    }
    for (int i = 0; i < patience_.sleeps_per_bucket && sleeps_left_ > 0; ++i, --sleeps_left_) {
      ::nanosleep(&kSleep, nullptr);
      if (Copy(bucket, view_.header().live_steps, copy)) return true;
    }
    return false;
  }

  Status Add(const SlotCopy& copy, const std::uint64_t& place) {
    if (copy.key == 0 || copy.key == kBusyKey) return {};
    const Kind kind = KindOf(copy.key);
    if (kind == Kind::kNone || static_cast<std::size_t>(kind) >= kKinds) {
      return view_.Malformed(view_.OffsetOf(&place), "kind of a live entry", "1 to " + std::to_string(kKinds - 1),
                             static_cast<std::uint64_t>(kind));
    }
    const LiveEntry entry{kind,
                          HandleOf(copy.key),
                          BytesOf(copy.meta),
                          GenerationOf(copy.meta),
                          static_cast<StackId>(copy.references.stack),
                          static_cast<LabelsId>(copy.references.labels)};
    if (!set_aside_.empty() && set_aside_.contains(copy.key)) {
      sightings_[copy.key].push_back({entry, level_});
    } else if (seen_.Insert(copy.key)) {
      Count(entry);
    } else {
      met_again_.insert(copy.key);
      ++duplicates_;
    }
    return {};
  }

  void Count(const LiveEntry& entry) {
    const bool is_summed =
        blocks_ == Blocks::kSummed && entry.kind == Kind::kHeapBlock && entry.handle != kHeapBeforeHandle;
    if (is_summed) {
      sums_.Add(entry);
    } else {
      table_.entries.push_back(entry);
    }
  }

  /// Of each key that was set aside: the younger record counts, of two equally young ones that in the newer level, and
  /// of two in one level the one read later.
  void KeepTheYoungest() {
    for (const auto& [key, sightings] : sightings_) {
      const Sighting* youngest = &sightings.front();
      for (const Sighting& sighting : sightings) {
        const std::uint32_t known = youngest->entry.generation, generation = sighting.entry.generation;
        if (generation > known || (generation == known && sighting.level >= youngest->level)) youngest = &sighting;
      }
      Count(youngest->entry);
      duplicates_ += sightings.size() - 1;
    }
    sightings_.clear();
  }

  const LogView& view_;
  const Patience patience_;
  const Blocks blocks_;
  const Keys& set_aside_;
  int sleeps_left_ = patience_.sleeps_in_all;
  std::size_t level_ = 0;  // being read
  SeenKeys seen_;
  BlockSums sums_;
  LiveTable table_;
  Keys met_again_;
  std::unordered_map<std::uint64_t, std::vector<Sighting>> sightings_;  // by key; of set_aside_ only
  std::uint64_t duplicates_ = 0;
};

// How many entries there may be, for a reservation only: what the newest levels would hold when nearly full.
std::uint64_t ProbableLive(const Directory& directory) {
  std::uint64_t buckets = 0;
  for (const Segment& level : directory.levels) buckets += level.count;
  constexpr std::uint64_t kMost = 64u << 20;  // the file may be sparse
  return std::min(buckets * kSlotsPerBucket / 4 * 3, kMost);
}

// How many entries of the table have this key now.
std::size_t CountNow(const LogView& view, const Directory& directory, std::uint64_t key) {
  std::size_t count = 0;
  for (const Segment& level : directory.levels) {
    if (!IsThere(view, level)) continue;
    const auto* buckets = view.At<Bucket>(level.offset);
    const BucketChoices choices = ChooseBuckets(key, level.count);
    for (std::uint32_t i = 0; i < kSlotsPerBucket; ++i) {
      count += Load(buckets[choices.first].keys[i]) == key;
      count += choices.second != choices.first && Load(buckets[choices.second].keys[i]) == key;
    }
  }
  return count;
}

// A key that is removed and entered again during a pass may be met in both of its places, and either record is right.
// But a key whose removal went past the recorder is there twice for good: then the younger record counts, whichever is
// met first.
Keys ThereTwice(const LogView& view, const Keys& met_again) {
  Keys twice;
  const Result<Directory> directory = ReadDirectory(view);
  if (!directory) return twice;
  for (const std::uint64_t key : met_again) {
    if (CountNow(view, *directory, key) > 1) twice.insert(key);
  }
  return twice;
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

}  // namespace

Result<LiveTable> ReadLiveTable(const LogView& view, const Patience& patience, Blocks blocks) {
  constexpr int kMostAttempts = 16;
  const Header& header = view.header();
  Keys set_aside;
  for (int attempt = 1;; ++attempt) {
    const std::uint64_t withdrawals = Load(header.withdrawals), steps = Load(header.live_steps);
    const std::uint64_t gone_events = Load(header.gone_events[withdrawals & 1]);
    const bool is_last = attempt >= kMostAttempts;
    TableReader reader(view, patience, blocks, set_aside);
    const Result<bool> whole = ReadOnce(reader, view, is_last);
    if (!whole) return whole.error();
    const bool is_settled = *whole && !reader.HasWithdrawn(withdrawals);
    if (!is_settled && !is_last) continue;
    if (set_aside.empty() && !reader.met_again().empty()) {
      set_aside = ThereTwice(view, reader.met_again());
      if (!set_aside.empty()) continue;
    }
    const std::uint64_t steps_now = Load(header.live_steps);
    LiveTable table = reader.Take();
    // What was moved meanwhile, or is half moved, was seen to be inserted twice.
    const bool moved_meanwhile = steps_now != steps || steps_now % 2 != 0;
    if (moved_meanwhile) table.inserted -= std::min(reader.duplicates(), table.inserted);
    table.inserted += gone_events;
    table.removed += gone_events;
    return table;
  }
}

}  // namespace mqtrack::log
