// Three or more snapshots of one process: only what grows all the time counts as growth.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/side.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::analysis {

/// A site that grew from the first snapshot to the last, but not all the time.
struct UnsteadySite {
  std::string function;
  std::int64_t growth = 0;
};

/// Where the snapshots of a series lie: the times, or just their order.
enum class SeriesAxis { kOrder, kTime };

/// Sorts by generation and time, and takes out snapshots after which nothing happened until the next one, since an idle
/// interval says nothing of what grows with work. One place then has one name in all. Returns which of the given ones
/// are left, in order.
std::vector<std::size_t> PrepareSeries(std::vector<profile::Profile>& series);

/// One place has one name in all, whichever knows more of it.
void UnifySeriesNames(std::vector<profile::Profile>& series);

/// Why these are no series of one process. Empty: they are.
[[nodiscard]] std::string WhyNoSeries(const std::vector<const profile::Profile*>& series);

/// Leaves in `table`, which compares the first of `series` with the last, the sites that grow steadily
/// (steady_growth.h), with Site::steady_growth set. The others that grew go to `unsteady`, biggest first.
[[nodiscard]] support::Status KeepSteadySites(const std::vector<const profile::Profile*>& series, SeriesAxis axis,
                                              const WrapperList& wrappers, SiteTable& table,
                                              std::vector<UnsteadySite>& unsteady);

/// Of two snapshots of one recording with at least three generations between them: the growth of the sites of `table`,
/// which compares the two, that grew in objects as in value and left something of each stretch of generations. Nothing:
/// there are too few, or they are not known.
[[nodiscard]] std::optional<std::int64_t> SteadyByGenerations(const profile::Profile& base,
                                                              const profile::Profile& newer,
                                                              const WrapperList& wrappers, const SiteTable& table);

}  // namespace mqtrack::analysis
