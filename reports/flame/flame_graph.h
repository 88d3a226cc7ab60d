// An interactive flame graph as one SVG file: no network, readable as a still picture, all text escaped.
#pragma once

#include <string>

#include "libtrack/analysis/culprit/culprit.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::reports {

struct FlameOptions {
  std::string title;        // empty: made from the profile's facts
  std::string kept;         // what a filter kept of the profile, to stand behind "only"; empty: all
  std::string sample_type;  // empty: the profile's default
  int width_px = 1200;
  double min_fraction = 0.001;  // boxes narrower than this share of the total are left out; the legend says how many
};

/// `base` null: widths are values. Otherwise a comparison: widths are |growth|, red grew, blue shrank.
[[nodiscard]] support::Result<std::string> RenderFlameSvg(const profile::Profile& profile, const profile::Profile* base,
                                                          const analysis::WrapperList& wrappers,
                                                          const FlameOptions& options);
/// Brendan Gregg's folded stacks: "root;...;leaf value" per line; a comparison has base and new value.
[[nodiscard]] support::Result<std::string> RenderFolded(const profile::Profile& profile, const profile::Profile* base,
                                                        const FlameOptions& options);

}  // namespace mqtrack::reports
