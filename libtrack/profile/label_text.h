// Labels as text.
#pragma once

#include <string>

#include "libtrack/profile/profile.h"

namespace mqtrack::profile {

/// The value of a label as text: the string, or the number with its unit.
[[nodiscard]] std::string LabelText(const Label& label);

}  // namespace mqtrack::profile
