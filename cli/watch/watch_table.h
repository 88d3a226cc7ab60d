// The sites of one watched process: what each holds, by how much it grew since a moment, and its verdict.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/watch/watch_round.h"
#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

enum class WatchSort { kGrowth, kValue, kObjects, kName };
inline constexpr std::size_t kWatchSorts = 4;
[[nodiscard]] const char* WatchSortName(WatchSort sort);

/// What rows can be made of: functions, or the values of a label.
struct WatchGroup {
  const char* name;   // on the screen
  const char* label;  // empty: by function
};
[[nodiscard]] const std::vector<WatchGroup>& WatchGroups();

/// Growth from `base` to `newer`, sorted; every site that holds anything on either side.
[[nodiscard]] support::Result<analysis::SiteTable> MakeWatchTable(const profile::Profile& base,
                                                                  const profile::Profile& newer,
                                                                  const std::string& sample_type,
                                                                  const WatchGroup& group, WatchSort sort,
                                                                  const analysis::WrapperList& wrappers);

/// The verdict on a site of `process`; empty: there is none.
[[nodiscard]] std::string VerdictOf(const WatchedProcess& process, const std::string& sample_type,
                                    const analysis::Site& site);

/// "2 leaks, 1 backlog", "nothing grows", or why nothing is judged.
[[nodiscard]] std::string VerdictWords(const WatchedProcess& process);

}  // namespace mqtrack::cli
