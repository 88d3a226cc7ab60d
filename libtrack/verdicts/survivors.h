// One snapshot of a recording that has generations: of each stretch of these, what is alive now.
#pragma once

#include <optional>
#include <vector>

#include "libtrack/profile/profile.h"

namespace mqtrack::verdicts {

/// What was there, as far as it is still there, at the end of the first generation and of up to twelve stretches of
/// generations behind that, oldest first. Nothing if there are fewer than three such stretches. Each has the facts of
/// `profile`, but its own generation, and no time: when a generation began is not known.
[[nodiscard]] std::optional<std::vector<profile::Profile>> SplitByGenerations(const profile::Profile& profile);

}  // namespace mqtrack::verdicts
