// What a row is called: the function to blame for a stack, and where that is.
#pragma once

#include <vector>

#include "libtrack/analysis/culprit/culprit.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::analysis {

/// Names `site` after the frame to blame in `frames`, leaf first, or, of leaf rows, after the innermost one.
void NameSite(const profile::Profile& profile, Granularity granularity, const std::vector<Frame>& frames, Site& site);

}  // namespace mqtrack::analysis
