#include "libtrack/verdicts/snapshot_series.h"

#include <optional>
#include <utility>

#include "libtrack/analysis/gate/gate_series.h"
#include "libtrack/profile/same_names.h"
#include "libtrack/verdicts/survivors.h"

namespace mqtrack::verdicts {

Series SnapshotSeries::Get() const {
  Series series;
  series.is_of_survivors = is_of_survivors;
  for (const profile::Profile& profile : profiles) {
    series.profiles.push_back(&profile);
    series.sides.push_back(analysis::DescribeSide(profile));
  }
  return series;
}

support::Result<SnapshotSeries> MakeSeries(std::vector<profile::Profile> snapshots) {
  SnapshotSeries made;
  if (snapshots.size() == 1) {
    if (std::optional<std::vector<profile::Profile>> split = SplitByGenerations(snapshots.front())) {
      snapshots = *std::move(split);
      made.is_of_survivors = true;
    }
  }
  made.profiles = std::move(snapshots);
  if (!made.is_of_survivors) analysis::PrepareSeries(made.profiles);
  // Twice: what the first learns from the last is for those between, too.
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 1; i < made.profiles.size(); ++i) profile::UnifyNames(made.profiles.front(), made.profiles[i]);
  }
  std::vector<const profile::Profile*> all;
  for (const profile::Profile& profile : made.profiles) all.push_back(&profile);
  if (std::string why = analysis::WhyNoSeries(all); !why.empty())
    return support::Error{support::ErrorCode::kCannotMeasure, std::move(why), "diagnose"};
  return made;
}

}  // namespace mqtrack::verdicts
