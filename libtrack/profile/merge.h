// Sums and differences of profiles; the rules are pprof's, so that our numbers agree with `go tool pprof`.
#pragma once

#include <vector>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::profile {

/// Sums profiles: equal stacks with equal labels become one sample; location identity is pprof's (mapping by build id
/// or file, offset, lines), so two runs of one binary match in spite of address randomisation. Sample types are
/// intersected by name, in the order of the first; no common one is an error that lists both sides.
[[nodiscard]] support::Result<Profile> Merge(const std::vector<const Profile*>& profiles);

/// newer - base, as pprof's -base: base's values negated, merged, zero samples dropped.
[[nodiscard]] support::Result<Profile> Subtract(const Profile& newer, const Profile& base);

}  // namespace mqtrack::profile
