// Only the samples that count in a type are compared for it: threads and timers are few beside blocks.
#include "libtrack/analysis/other_growth.h"

#include <optional>
#include <utility>
#include <vector>

#include "libtrack/profile/sample_types.h"

namespace mqtrack::analysis {
namespace {

using profile::Profile;
using support::Result;

std::optional<std::size_t> Find(const Profile& profile, std::string_view type) {
  for (std::size_t i = 0; i < profile.sample_types.size(); ++i) {
    if (profile.sample_types[i].type == type) return i;
  }
  return std::nullopt;
}

/// True if `sample_type` tells the growth of the same things.
bool IsOfKind(std::string_view sample_type, const log::SampleKind& kind) {
  const log::SampleKind& row = profile::SampleKindOf(sample_type);
  return row.kind == kind.kind && !log::IsCumulative(row.measure);
}

/// The samples that have a value of this type, with that value only.
Profile OnlyType(const Profile& profile, std::size_t type) {
  Profile only;
  only.sample_types = {profile.sample_types[type]};
  for (const profile::Sample& sample : profile.samples) {
    if (sample.values[type] != 0) only.samples.push_back({sample.locations, {sample.values[type]}, sample.labels});
  }
  only.mappings = profile.mappings;
  only.locations = profile.locations;
  only.functions = profile.functions;
  return only;
}

}  // namespace

Result<std::vector<OtherGrowth>> GrowthOfOtherTypes(const Profile& base, const Profile& newer,
                                                    const WrapperList& wrappers, const std::string& sample_type) {
  std::vector<OtherGrowth> grew;
  for (std::size_t i = 0; i < newer.sample_types.size(); ++i) {
    const std::string& type = newer.sample_types[i].type;
    // Live things. mqtrack's own names: what other producers count may grow without anything being alive.
    const log::SampleKind& kind = profile::SampleKindOf(type);
    if (type != kind.name || !kind.tells_growth || IsOfKind(sample_type, kind)) continue;
    const std::optional<std::size_t> before = Find(base, type);
    if (!before) continue;
    OtherGrowth growth;
    growth.base_total = profile::Total(base, *before);
    growth.total = profile::Total(newer, i);
    if (growth.growth() <= 0) continue;
    Result<SiteTable> table = DiffSites(OnlyType(base, *before), OnlyType(newer, i), wrappers, {});
    if (!table) return std::move(table).error();
    if (table->sites.empty()) continue;
    growth.value_type = table->value_type;
    growth.most = std::move(table->sites.front());
    growth.most.stack.clear();  // points into the table
    grew.push_back(std::move(growth));
  }
  return grew;
}

}  // namespace mqtrack::analysis
