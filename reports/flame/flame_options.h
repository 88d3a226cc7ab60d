// What is said about a flame graph, or about folded stacks, besides the profile.
#pragma once

#include <string>

namespace mqtrack::reports {

struct FlameOptions {
  std::string title;        // empty: made from the profile's facts
  std::string kept;         // what a filter kept of the profile, to stand behind "only"; empty: all
  std::string verdicts;     // of a difference, what its growth means, for the legend (VerdictLegend); empty: not judged
  std::string sample_type;  // empty: the profile's default
  int width_px = 1200;
  double min_fraction = 0.001;  // boxes narrower than this share of the total are left out; the legend says how many
};

}  // namespace mqtrack::reports
