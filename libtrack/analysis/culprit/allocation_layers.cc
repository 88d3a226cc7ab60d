#include "libtrack/analysis/culprit/allocation_layers.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "libtrack/analysis/culprit/stack_expander.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/location_name.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/cxx_name.h"

namespace mqtrack::analysis {
namespace {

constexpr int kMaxRounds = 6;
constexpr std::size_t kMinCallers = 12;      // of a function whose name says nothing
constexpr std::size_t kMinCallersNamed = 3;  // of one whose name says that it allocates
constexpr std::size_t kMaxPlaces = 2;        // from which a function asks the allocator

/// The numbers of a sample that are looked at. What a profile has not got is absent.
struct HeapColumns {
  std::optional<std::size_t> bytes, objects;  // what sizes are told from: all that was ever allocated, if that is known
  std::optional<std::size_t> live_objects;    // known together with `objects` of all that was ever allocated
};

std::optional<std::size_t> Find(const profile::Profile& profile, std::string_view type) {
  const support::Result<std::size_t> found = profile::FindSampleType(profile, std::string(type));
  return found ? std::optional<std::size_t>(*found) : std::nullopt;
}

HeapColumns FindColumns(const profile::Profile& profile) {
  HeapColumns columns{.bytes = Find(profile, profile::kAllocSpace),
                      .objects = Find(profile, profile::kAllocObjects),
                      .live_objects = Find(profile, profile::kInuseObjects)};
  if (columns.bytes && columns.objects && columns.live_objects) return columns;
  return {.bytes = Find(profile, profile::kInuseSpace),
          .objects = Find(profile, profile::kInuseObjects),
          .live_objects = std::nullopt};
}

/// What one caller got from a function, by itself and through other functions.
struct Asked {
  bool by_itself = false;
  std::int64_t bytes = 0, objects = 0, live = 0;
};

/// Functions are one if their names are, in whatever profile. The names are the profiles'.
enum class NameId : std::uint32_t {};

class Names {
 public:
  NameId Intern(std::string_view name) {
    const auto [entry, is_new] = ids_.try_emplace(name, static_cast<NameId>(names_.size()));
    if (is_new) names_.push_back(name);
    return entry->second;
  }
  [[nodiscard]] std::string_view Text(NameId id) const { return names_[static_cast<std::uint32_t>(id)]; }

 private:
  std::unordered_map<std::string_view, NameId> ids_;
  std::vector<std::string_view> names_;
};

/// What was made below a function by others that it calls.
struct MadeBelow {
  std::int64_t objects = 0;
  std::set<std::int64_t> sizes;
};

struct Candidate {
  std::unordered_map<NameId, Asked> callers;
  std::set<std::uint64_t> places;  // code addresses from which it asks the allocator
  MadeBelow below;
};

using Candidates = std::unordered_map<NameId, Candidate>;

/// A frame that is no wrapper.
struct Called {
  NameId function;
  std::uint64_t place;
};

/// Reads the stacks of one profile into candidates.
class StackReader {
 public:
  StackReader(const profile::Profile& profile, const WrapperList& wrappers, Names* names, Candidates* candidates)
      : profile_(profile), expander_(profile, wrappers, profile::kInuseSpace), candidates_(candidates) {
    ids_.reserve(profile.functions.size());
    for (const profile::Function& function : profile.functions) ids_.push_back(names->Intern(function.name));
  }

  void Read() {
    const HeapColumns columns = FindColumns(profile_);
    if (!columns.bytes || !columns.objects) return;
    for (const profile::Sample& sample : profile_.samples) {
      // What is alive and what ever was may stand in samples of their own, with other labels.
      const std::int64_t objects = sample.values[*columns.objects];
      const std::int64_t live = columns.live_objects ? sample.values[*columns.live_objects] : 0;
      if (objects <= 0 && live <= 0) continue;
      ReadCalls(sample);
      if (calls_.size() < 2) continue;
      Add({true, sample.values[*columns.bytes], objects, live});
    }
  }

 private:
  /// What of the sample's stack lies beyond the allocator and its layers, leaf first, runs of one function as one.
  void ReadCalls(const profile::Sample& sample) {
    expander_.Expand(sample.locations, frames_);
    calls_.clear();
    for (std::size_t i = 0; i < frames_.size() && !frames_[i].label; ++i) {
      const Frame& frame = frames_[i];
      if (frame.pure) calls_.clear();
      if (frame.wrapper || frame.function == nullptr || frame.function->name.empty()) continue;
      const NameId function = ids_[static_cast<std::size_t>(frame.function - profile_.functions.data())];
      if (!calls_.empty() && calls_.back().function == function) continue;
      calls_.push_back({function, profile_.location(frame.location).address});
    }
  }

  void Add(const Asked& asked) {
    Candidate& nearest = (*candidates_)[calls_[0].function];
    nearest.places.insert(calls_[0].place);
    Asked& sum = nearest.callers[calls_[1].function];
    sum.by_itself = true;
    sum.bytes = Sum(sum.bytes, asked.bytes);
    sum.objects = Sum(sum.objects, asked.objects);
    sum.live = Sum(sum.live, asked.live);
    for (std::size_t i = 1; i + 1 < calls_.size(); ++i) {
      Candidate& beyond = (*candidates_)[calls_[i].function];
      beyond.callers.try_emplace(calls_[i + 1].function);
      if (asked.objects <= 0) continue;
      beyond.below.objects = Sum(beyond.below.objects, asked.objects);
      beyond.below.sizes.insert(asked.bytes / asked.objects);
    }
  }

  const profile::Profile& profile_;
  const StackExpander expander_;
  Candidates* candidates_;
  std::vector<NameId> ids_;  // by FunctionId
  std::vector<Frame> frames_;
  std::vector<Called> calls_;
};

/// True if a function is called after what it does: "nni_zalloc", "os::malloc", "Pool::Allocate", "buffer_strdup".
bool IsNamedForAllocating(std::string_view function) {
  const std::string bare = support::BareName(function);
  const std::size_t scope = bare.rfind("::");
  std::string last = scope == std::string::npos ? bare : bare.substr(scope + 2);
  std::transform(last.begin(), last.end(), last.begin(),
                 [](unsigned char character) { return static_cast<char>(std::tolower(character)); });
  constexpr std::array<std::string_view, 4> kWords = {"alloc", "strdup", "strndup", "memdup"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return last.find(word) != std::string::npos; });
}

/// True if one block of a fixed size is made below it whenever it is asked: it keeps books of blocks, and needs no name
/// to say that it allocates. What it makes itself when it is asked is always the same number of blocks.
bool KeepsBooks(const Candidate& candidate, std::int64_t own_objects) {
  constexpr std::int64_t kMostOwn = 4;
  const std::int64_t books = candidate.below.objects;
  return books > 0 && candidate.below.sizes.size() == 1 && own_objects >= books && own_objects % books == 0 &&
         own_objects / books <= kMostOwn;
}

bool IsLayer(std::string_view function, const Candidate& candidate) {
  std::size_t asking = 0, giving_back = 0;
  std::int64_t own_objects = 0;
  std::set<std::int64_t> sizes;
  for (const auto& [caller, asked] : candidate.callers) {
    if (!asked.by_itself) continue;
    ++asking;
    own_objects = Sum(own_objects, asked.objects);
    if (asked.objects > 0) sizes.insert(asked.bytes / asked.objects);
    giving_back += asked.live <= asked.objects / 2 ? 1 : 0;
  }
  const bool named =
      IsNamedForAllocating(function) || (profile::IsOffsetName(function) && KeepsBooks(candidate, own_objects));
  if (asking < (named ? kMinCallersNamed : kMinCallers)) return false;
  if (asking * 10 < candidate.callers.size() * 9) return false;
  if (!named && candidate.places.size() > kMaxPlaces) return false;
  if (sizes.size() < std::max<std::size_t>(2, asking / 4)) return false;
  return giving_back * 4 >= asking;
}

}  // namespace

std::vector<AllocationLayer> FindAllocationLayers(const std::vector<const profile::Profile*>& profiles,
                                                  const WrapperList& wrappers) {
  WrapperList known = wrappers;
  Names names;
  std::vector<AllocationLayer> layers;
  for (int round = 0; round < kMaxRounds; ++round) {
    Candidates candidates;
    for (const profile::Profile* profile : profiles) StackReader(*profile, known, &names, &candidates).Read();
    std::vector<AllocationLayer> found;
    for (const auto& [id, candidate] : candidates) {
      const std::string_view function = names.Text(id);
      if (known.TakesOut(function) || !IsLayer(function, candidate)) continue;
      found.push_back({std::string(function), candidate.callers.size()});
    }
    if (found.empty()) break;
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.function < b.function; });
    layers.insert(layers.end(), found.begin(), found.end());
    known.Add(std::move(found));
  }
  return layers;
}

}  // namespace mqtrack::analysis
