// From snapshots to verdicts: the one way for whoever has snapshots of a process, or one log of it, and wants to know
// what leaks.
//
//   Result<SnapshotSeries> series = MakeSeries(std::move(snapshots));   // in any order
//   Diagnosis diagnosis = Diagnose(series->Get(), wrappers);
#pragma once

#include <vector>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"
#include "libtrack/verdicts/site_history.h"

namespace mqtrack::verdicts {

/// Of snapshots that are in order and have one name for each place. Valid for as long as they live.
[[nodiscard]] Series SeriesOf(std::vector<const profile::Profile*> profiles);

/// Snapshots in order, with one name for each place. Movable; the series refers to the snapshots.
struct SnapshotSeries {
  std::vector<profile::Profile> profiles;
  bool is_of_survivors = false;  // one snapshot, or log, split by its generations
  /// Valid for as long as `profiles` is not changed.
  [[nodiscard]] Series Get() const;
};

/// Three or more snapshots of one recording between which something happened, or one with generations enough
/// (survivors.h). Errors (kCannotMeasure): they are none.
[[nodiscard]] support::Result<SnapshotSeries> MakeSeries(std::vector<profile::Profile> snapshots);

/// As MakeSeries, of several that analysis::PrepareSeries has seen.
[[nodiscard]] support::Result<SnapshotSeries> MakeSeriesOfPrepared(std::vector<profile::Profile> snapshots);

}  // namespace mqtrack::verdicts
