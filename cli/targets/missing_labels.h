// How much has no labels of MQTT packets, and why that may be.
#pragma once

#include <string>

#include "libtrack/profile/profile.h"

namespace mqtrack::cli {

/// One line that says how much of sample type number `type` has no label `label`, which begins with mqtt_, and the
/// reasons that the recorder has noticed. Empty if it has noticed none, or nothing is missing: what is made between
/// packets has none, and is most of what a service starts with.
[[nodiscard]] std::string DescribeMissingLabels(const profile::Profile& profile, const std::string& label,
                                                std::size_t type);

}  // namespace mqtrack::cli
