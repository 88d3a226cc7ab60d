#include "libtrack/analysis/lost_sites.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "libtrack/analysis/site_grouping.h"
#include "libtrack/profile/sample_types.h"

namespace mqtrack::analysis {

using support::Result;

Result<LostTable> LostSites(const profile::Profile& profile, const WrapperList& wrappers, Granularity granularity) {
  const std::string types[] = {kLosses, kLostRings, std::string(profile::kInuseObjects),
                               std::string(profile::kInuseSpace)};
  std::size_t columns[4] = {};
  for (std::size_t i = 0; i < 4; ++i) {
    const Result<std::size_t> column = profile::FindSampleType(profile, types[i]);
    if (!column) return column.error();
    columns[i] = *column;
  }
  LostTable lost;
  lost.table.profile = profile;
  lost.table.value_type = profile.sample_types[columns[3]];
  lost.table.has_objects = true;
  lost.table.granularity = granularity;
  lost.table.newer = DescribeSide(profile);
  // The two numbers of the other side of a comparison carry what a table of bytes has no place for.
  GroupSites(lost.table, {columns[0], columns[1], columns[3], columns[2]}, wrappers);
  lost.losses = std::exchange(lost.table.base_total, 0);
  lost.rings = std::exchange(lost.table.base_objects_total, 0);
  for (Site& site : lost.table.sites) {
    const std::int64_t losses = std::exchange(site.base_value, 0), rings = std::exchange(site.base_objects, 0);
    lost.sites.push_back({std::move(site), losses, rings});
  }
  lost.table.sites.clear();
  std::stable_sort(lost.sites.begin(), lost.sites.end(), [](const LostSite& a, const LostSite& b) {
    return std::tuple(-a.site.value, -a.site.objects, a.site.function) <
           std::tuple(-b.site.value, -b.site.objects, b.site.function);
  });
  return lost;
}

}  // namespace mqtrack::analysis
