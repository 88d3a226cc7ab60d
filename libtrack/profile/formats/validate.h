// Whether a profile keeps the rules that everything else relies on.
#pragma once

#include <string>
#include <vector>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::profile {

/// What is wrong with a profile's sample types: one has no name, or two have the same; else empty. Values are chosen by
/// the name of their type.
[[nodiscard]] std::string CheckSampleTypes(const std::vector<ValueType>& types);

/// Checks ids, value counts and label rules of a profile that was built or decoded.
[[nodiscard]] support::Status Validate(const Profile& profile, const std::string& where);

}  // namespace mqtrack::profile
