// What of a profile is lost, if it says so: of what `mqtrack leaks` and `mqtrack owners` write.
#pragma once

#include <optional>

#include "libtrack/profile/profile.h"

namespace mqtrack::analysis {

/// The samples that nothing points to, with all their types; nothing of a profile that does not tell.
[[nodiscard]] std::optional<profile::Profile> LostPart(const profile::Profile& profile);

}  // namespace mqtrack::analysis
