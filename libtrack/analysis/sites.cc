#include "libtrack/analysis/sites.h"

#include <optional>
#include <utility>

#include "libtrack/analysis/site_grouping.h"
#include "libtrack/profile/difference.h"
#include "libtrack/profile/merge.h"
#include "libtrack/profile/sample_types.h"

namespace mqtrack::analysis {
namespace {

using support::Error;
using support::Result;

/// Where the chosen type and its sibling that counts objects are in a profile.
struct Chosen {
  std::size_t value = 0;
  std::optional<std::size_t> objects;
};

Result<Chosen> ChooseTypes(const profile::Profile& profile, const std::string& sample_type, const char* side) {
  Result<std::size_t> value = profile::FindSampleType(profile, sample_type);
  if (!value) {
    Error error = std::move(value).error();
    if (error.where.empty()) error.where = side;
    return error;
  }
  return Chosen{*value, profile::FindObjectsType(profile, *value)};
}

/// `profile` with four values per sample: base, base objects, value, objects; those of the other side are zero. Merging
/// two such profiles puts both sides of a stack into one sample, by the same rules as any other merge.
profile::Profile OneSide(const profile::Profile& profile, const Chosen& chosen, bool is_base) {
  profile::Profile side = profile;
  const std::string unit = profile.sample_types[chosen.value].unit;
  side.sample_types = {{"base", unit}, {"base_objects", "count"}, {"new", unit}, {"new_objects", "count"}};
  side.default_sample_type = "new";
  side.period_type = {};  // says how the values were sampled, not what they are: no reason to refuse
  side.period = 0;
  const std::size_t first = is_base ? 0 : 2;
  for (profile::Sample& sample : side.samples) {
    std::vector<std::int64_t> values(4, 0);
    values[first] = sample.values[chosen.value];
    if (chosen.objects) values[first + 1] = sample.values[*chosen.objects];
    sample.values = std::move(values);
  }
  return side;
}

}  // namespace

Result<SiteTable> TopSites(const profile::Profile& profile, const WrapperList& wrappers, const SiteOptions& options) {
  Result<Chosen> chosen = ChooseTypes(profile, options.sample_type, "");
  if (!chosen) return std::move(chosen).error();
  SiteTable table;
  table.profile = profile;
  table.value_type = profile.sample_types[chosen->value];
  table.has_objects = chosen->objects.has_value();
  table.holds_changes = profile::IsDifference(profile, chosen->value);
  table.newer = DescribeSide(profile);
  table.granularity = options.granularity;
  table.label = options.label;
  ValueColumns columns;
  columns.value = chosen->value;
  if (chosen->objects) columns.objects = *chosen->objects;
  GroupSites(table, columns, wrappers);
  return table;
}

Result<SiteTable> DiffSites(const profile::Profile& base, const profile::Profile& newer, const WrapperList& wrappers,
                            const SiteOptions& options) {
  Result<Chosen> in_newer = ChooseTypes(newer, options.sample_type, "new profile");
  if (!in_newer) return std::move(in_newer).error();
  const profile::ValueType value_type = newer.sample_types[in_newer->value];
  Result<Chosen> in_base = ChooseTypes(base, value_type.type, "base profile");
  if (!in_base) return std::move(in_base).error();
  const profile::Profile new_side = OneSide(newer, *in_newer, false), base_side = OneSide(base, *in_base, true);
  Result<profile::Profile> merged = profile::Merge({&new_side, &base_side});
  if (!merged) return std::move(merged).error();
  SiteTable table;
  table.profile = *std::move(merged);
  table.value_type = {value_type.type, table.profile.sample_types[2].unit};
  table.has_objects = in_newer->objects.has_value() && in_base->objects.has_value();
  table.is_diff = true;
  table.base = DescribeSide(base);
  table.newer = DescribeSide(newer);
  table.granularity = options.granularity;
  table.label = options.label;
  GroupSites(
      table,
      table.has_objects ? ValueColumns{0, 1, 2, 3} : ValueColumns{0, ValueColumns::kAbsent, 2, ValueColumns::kAbsent},
      wrappers);
  return table;
}

}  // namespace mqtrack::analysis
