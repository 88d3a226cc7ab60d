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

support::Result<SnapshotSeries> MakeSeriesOfPrepared(std::vector<profile::Profile> snapshots) {
  SnapshotSeries made;
  made.profiles = std::move(snapshots);
  std::vector<const profile::Profile*> all;
  for (const profile::Profile& profile : made.profiles) all.push_back(&profile);
  if (std::string why = analysis::WhyNoSeries(all); !why.empty())
    return support::Error{support::ErrorCode::kCannotMeasure, std::move(why), "diagnose"};
  return made;
}

support::Result<SnapshotSeries> MakeSeries(std::vector<profile::Profile> snapshots) {
  std::optional<std::vector<profile::Profile>> split;
  if (snapshots.size() == 1) split = SplitByGenerations(snapshots.front());
  const bool is_of_survivors = split.has_value();
  if (is_of_survivors) {
    analysis::UnifySeriesNames(*split);
  } else {
    analysis::PrepareSeries(snapshots);
  }
  support::Result<SnapshotSeries> made =
      MakeSeriesOfPrepared(is_of_survivors ? *std::move(split) : std::move(snapshots));
  if (made) made->is_of_survivors = is_of_survivors;
  return made;
}

}  // namespace mqtrack::verdicts
