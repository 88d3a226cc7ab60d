// One stack, as the JSON schemas of tables and of thread dumps describe it.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "libtrack/analysis/culprit/culprit.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::reports {

/// An array of frames, leaf first. `stack` refers to `profile`.
[[nodiscard]] nlohmann::ordered_json StackJson(const profile::Profile& profile,
                                               const std::vector<analysis::Frame>& stack);

}  // namespace mqtrack::reports
