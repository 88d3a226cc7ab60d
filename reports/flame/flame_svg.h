// An interactive flame graph as one SVG file: no network, readable as a still picture, all text escaped.
#pragma once

#include <string>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"
#include "reports/flame/flame_options.h"

namespace mqtrack::reports {

/// `base` null: widths are values. Otherwise a comparison: widths are |growth|, red grew, blue shrank.
[[nodiscard]] support::Result<std::string> RenderFlameSvg(const profile::Profile& profile, const profile::Profile* base,
                                                          const analysis::WrapperList& wrappers,
                                                          const FlameOptions& options);

}  // namespace mqtrack::reports
