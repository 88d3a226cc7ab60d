// Some of a profile's sample types.
#pragma once

#include <string>
#include <vector>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::profile {

/// `from` with these columns only, in this order; it opens on the last one. Labels with other keys than `kept_labels`
/// are gone, stacks that are equal then are one, and samples without a value are left out. Without columns there are no
/// samples.
[[nodiscard]] support::Result<Profile> SelectColumns(const Profile& from, const std::vector<std::size_t>& columns,
                                                     const std::vector<std::string>& kept_labels);

}  // namespace mqtrack::profile
