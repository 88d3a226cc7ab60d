// Lost memory by site: what nothing in the process points to any more, in the rows of whoever made the block with which
// each loss begins.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::analysis {

/// The sample types of a profile of lost memory, beside inuse_objects and inuse_space: losses, and how many of these
/// are rings of blocks that point to each other.
inline constexpr const char* kLostRings = "lost_rings";
inline constexpr const char* kLosses = "losses";

/// A row: Site::value is in bytes, and Site::objects are blocks, those included that are lost with the first one.
struct LostSite {
  Site site;
  std::int64_t losses = 0, rings = 0;
};

struct LostTable {
  SiteTable table;              // whose sites have been moved into `sites`; its totals are of all
  std::vector<LostSite> sites;  // most bytes first
  std::int64_t losses = 0, rings = 0;
};

/// An error if `profile` has not all four types.
[[nodiscard]] support::Result<LostTable> LostSites(const profile::Profile& profile, const WrapperList& wrappers,
                                                   Granularity granularity);

}  // namespace mqtrack::analysis
