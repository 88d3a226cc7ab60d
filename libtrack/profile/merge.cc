// The rules are those of google/pprof (profile/merge.go, measurement/measurement.go),
// so that `go tool pprof -base` agrees with us to the byte:
//  - sample types are intersected by name; units of one kind are brought to the finer one;
//  - a mapping is its build id (else file), rounded size and offset; a location its address relative to the mapping
//    plus its lines; a sample its locations plus all labels;
//  - samples whose values are all zero, before or after summing, are dropped.
// We are laxer in one thing: a missing period type matches any, and "space" matches "inuse_space" (its older name).
#include "libtrack/profile/merge.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "libtrack/profile/fact.h"
#include "libtrack/profile/hash.h"
#include "libtrack/profile/hash_index.h"
#include "libtrack/profile/interning.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/profile/unit_scale.h"

namespace mqtrack::profile {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

// One profile to add: which of its values go where, and what they are multiplied by.
struct Source {
  const Profile* profile;
  std::vector<std::size_t> columns;
  std::vector<std::int64_t> factors;
};

std::optional<std::size_t> FindColumn(const Profile& profile, std::string_view name) {
  std::optional<std::size_t> alias;
  for (std::size_t i = 0; i < profile.sample_types.size(); ++i) {
    if (profile.sample_types[i].type == name) return i;
    if (IsSameType(profile.sample_types[i].type, name)) alias = i;
  }
  return alias;
}

// Chooses the common sample types and fills the columns and factors of every source.
Result<std::vector<ValueType>> MatchTypes(std::vector<Source>& sources) {
  const Profile& first = *sources.front().profile;
  std::vector<ValueType> common;
  for (const ValueType& type : first.sample_types) {
    std::vector<std::size_t> columns;
    std::vector<std::string_view> units;
    for (const Source& source : sources) {
      const std::optional<std::size_t> column = FindColumn(*source.profile, type.type);
      if (!column) break;
      columns.push_back(*column);
      units.push_back(source.profile->sample_types[*column].unit);
    }
    if (columns.size() != sources.size()) continue;
    const std::optional<std::string_view> unit = FinestUnit(units);
    if (!unit) {
      return Error{ErrorCode::kBadInput,
                   "sample type " + type.type + " is in units that do not convert: " + std::string(units.front()) +
                       " and " + std::string(units.back()),
                   ""};
    }
    for (std::size_t i = 0; i < sources.size(); ++i) {
      sources[i].columns.push_back(columns[i]);
      sources[i].factors.push_back(UnitFactor(units[i], *unit));
    }
    common.push_back({type.type, std::string(*unit)});
  }
  if (common.empty()) {
    std::string text = "the profiles have no sample type in common; one has: " + ListSampleTypes(first);
    for (std::size_t i = 1; i < sources.size(); ++i) text += "; another: " + ListSampleTypes(*sources[i].profile);
    return Error{ErrorCode::kBadInput, text, ""};
  }
  return common;
}

class Merger {
 public:
  explicit Merger(std::vector<ValueType> types) { result_.sample_types = std::move(types); }

  void Add(const Source& source) {
    const Profile& from = *source.profile;
    Remapper remap(from, tables_, result_);
    // The first mapping is the main program; without this its place would fall to whatever the first sample touches.
    if (result_.mappings.empty() && !from.mappings.empty()) remap.Map(MappingId{0});
    for (const Sample& sample : from.samples) {
      if (Scale(sample, source)) AddSample(sample, remap);
    }
  }

  // The sum so far, without the samples that cancelled out.
  Profile Finish() {
    std::erase_if(result_.samples, [](const Sample& sample) {
      return std::all_of(sample.values.begin(), sample.values.end(), [](std::int64_t v) { return v == 0; });
    });
    return std::move(result_);
  }

 private:
  // values_ = the sample's values in the common types; false if all are zero. Products and sums wrap: a hostile file
  // must not be able to cause undefined behaviour.
  bool Scale(const Sample& sample, const Source& source) {
    values_.clear();
    bool any = false;
    for (std::size_t i = 0; i < source.columns.size(); ++i) {
      const std::int64_t value = sample.values[source.columns[i]];
      values_.push_back(
          static_cast<std::int64_t>(static_cast<std::uint64_t>(value) * static_cast<std::uint64_t>(source.factors[i])));
      any = any || value != 0;
    }
    return any;
  }

  void AddSample(const Sample& sample, Remapper& remap) {
    locations_.clear();
    Hash hash;
    for (const LocationId id : sample.locations) {
      locations_.push_back(remap.Map(id));
      hash.Add(std::uint64_t{Index(locations_.back())});
    }
    for (const Label& label : sample.labels) {
      hash.Add(label.key);
      hash.Add(label.str);
      hash.Add(static_cast<std::uint64_t>(label.num));
    }
    const std::size_t index = samples_.FindOrAdd(hash.value(), result_.samples.size(), [&](std::size_t other) {
      return result_.samples[other].locations == locations_ && result_.samples[other].labels == sample.labels;
    });
    if (index == result_.samples.size()) {
      result_.samples.push_back({locations_, values_, sample.labels});
      return;
    }
    std::vector<std::int64_t>& sums = result_.samples[index].values;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      sums[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(sums[i]) + static_cast<std::uint64_t>(values_[i]));
    }
  }

  Profile result_;
  InternTables tables_;
  HashIndex samples_;                  // into result_.samples
  std::vector<LocationId> locations_;  // scratch
  std::vector<std::int64_t> values_;   // scratch
};

// Everything but the samples and tables.
void MergeHeaders(const std::vector<Source>& sources, Profile& result) {
  const Profile& first = *sources.front().profile;
  result.drop_frames = first.drop_frames;
  result.keep_frames = first.keep_frames;
  for (const Source& source : sources) {
    const Profile& from = *source.profile;
    if (from.time_nanos != 0 && (result.time_nanos == 0 || from.time_nanos < result.time_nanos)) {
      result.time_nanos = from.time_nanos;
    }
    result.duration_nanos = static_cast<std::int64_t>(static_cast<std::uint64_t>(result.duration_nanos) +
                                                      static_cast<std::uint64_t>(from.duration_nanos));
    result.period = std::max(result.period, from.period);
    if (result.period_type.type.empty()) result.period_type = from.period_type;
    if (result.default_sample_type.empty()) result.default_sample_type = from.default_sample_type;
    if (result.doc_url.empty()) result.doc_url = from.doc_url;
  }
}

// Periods measure the same thing in all of them, or it makes no sense to add their values.
support::Status CheckPeriodTypes(const std::vector<Source>& sources) {
  const ValueType* known = nullptr;
  for (const Source& source : sources) {
    const ValueType& type = source.profile->period_type;
    if (type.type.empty()) continue;
    if (known == nullptr) known = &type;
    if (type.type != known->type || !FinestUnit({known->unit, type.unit})) {
      return Error{ErrorCode::kBadInput,
                   "these are different kinds of profile: the period of one is " + known->type + "/" + known->unit +
                       ", of another " + type.type + "/" + type.unit,
                   ""};
    }
  }
  return {};
}

// Comments of all, each once. Facts about the process are taken from the first profile only: two sets of them in one
// profile would contradict each other.
void MergeComments(const std::vector<Source>& sources, Profile& result) {
  std::unordered_map<std::string_view, bool> seen;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    for (const std::string& comment : sources[i].profile->comments) {
      if (i > 0 && comment.starts_with(kFactPrefix)) continue;
      if (seen.emplace(comment, true).second) result.comments.push_back(comment);
    }
  }
}

Result<Profile> MergeSources(std::vector<Source> sources, bool negate_others) {
  if (sources.empty()) return Error{ErrorCode::kBadInput, "no profile was given", ""};
  const support::Status same_kind = CheckPeriodTypes(sources);
  if (!same_kind) return same_kind.error();
  auto types = MatchTypes(sources);
  if (!types) return types.error();
  for (std::size_t i = 1; negate_others && i < sources.size(); ++i) {
    for (std::int64_t& factor : sources[i].factors) factor = -factor;
  }
  Merger merger(std::move(*types));
  for (const Source& source : sources) merger.Add(source);
  Profile result = merger.Finish();
  MergeHeaders(sources, result);
  MergeComments(sources, result);
  return result;
}

}  // namespace

Result<Profile> Merge(const std::vector<const Profile*>& profiles) {
  std::vector<Source> sources;
  for (const Profile* profile : profiles) sources.push_back({profile, {}, {}});
  return MergeSources(std::move(sources), false);
}

Result<Profile> Subtract(const Profile& newer, const Profile& base) {
  return MergeSources({{&newer, {}, {}}, {&base, {}, {}}}, true);
}

}  // namespace mqtrack::profile
