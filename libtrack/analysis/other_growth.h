// What else grew, besides the sample type that was compared.
#pragma once

#include <string>
#include <vector>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::analysis {

/// What of the resources a recording counts also grew, besides `sample_type` and its sibling that counts objects: who
/// compares live bytes does not know yet that it is threads that leak. In the order of the profile. Cumulative types
/// always grow and are left out, as are types that only one side has.
[[nodiscard]] support::Result<std::vector<OtherGrowth>> GrowthOfOtherTypes(const profile::Profile& base,
                                                                           const profile::Profile& newer,
                                                                           const WrapperList& wrappers,
                                                                           const std::string& sample_type);

}  // namespace mqtrack::analysis
