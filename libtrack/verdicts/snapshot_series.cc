#include "libtrack/verdicts/snapshot_series.h"

#include <optional>
#include <utility>

#include "libtrack/analysis/gate/gate_series.h"
#include "libtrack/verdicts/survivors.h"

namespace mqtrack::verdicts {

Series SeriesOf(std::vector<const profile::Profile*> profiles) {
  Series series;
  for (const profile::Profile* profile : profiles) series.sides.push_back(analysis::DescribeSide(*profile));
  series.profiles = std::move(profiles);
  return series;
}

Series SnapshotSeries::Get() const {
  std::vector<const profile::Profile*> all;
  for (const profile::Profile& profile : profiles) all.push_back(&profile);
  Series series = SeriesOf(std::move(all));
  series.is_of_survivors = is_of_survivors;
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
  if (made.is_of_survivors) {
    analysis::UnifySeriesNames(made.profiles);
  } else {
    analysis::PrepareSeries(made.profiles);
  }
  std::vector<const profile::Profile*> all;
  for (const profile::Profile& profile : made.profiles) all.push_back(&profile);
  if (std::string why = analysis::WhyNoSeries(all); !why.empty())
    return support::Error{support::ErrorCode::kCannotMeasure, std::move(why), "diagnose"};
  return made;
}

}  // namespace mqtrack::verdicts
