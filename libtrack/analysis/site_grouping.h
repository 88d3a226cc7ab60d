// Samples become stacks, stacks become sites. The part of TopSites and DiffSites that both share.
#pragma once

#include <cstdint>
#include <vector>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::analysis {

/// Where in Sample::values the four numbers of a row are; kAbsent: there is none, take 0.
struct ValueColumns {
  static constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);
  std::size_t base = kAbsent, base_objects = kAbsent, value = kAbsent, objects = kAbsent;
};

/// Fills the sites (sorted) and the totals of `table` from table.profile; its granularity and label must be set.
void GroupSites(SiteTable& table, const ValueColumns& columns, const WrapperList& wrappers);

/// Sets the totals of `table` to the sums of its sites.
void SumTotals(SiteTable& table);

}  // namespace mqtrack::analysis
