// Folded stacks: the plain-text form that most flame graph tools read.
#pragma once

#include <string>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"
#include "reports/flame/flame_options.h"

namespace mqtrack::reports {

/// Brendan Gregg's folded stacks: "root;...;leaf value" per line; a comparison has base and new value.
[[nodiscard]] support::Result<std::string> RenderFolded(const profile::Profile& profile, const profile::Profile* base,
                                                        const FlameOptions& options);

}  // namespace mqtrack::reports
