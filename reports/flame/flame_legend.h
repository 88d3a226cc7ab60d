// The legend below the boxes: what the colours mean, what was collapsed and what was left out.
#pragma once

#include <string>

#include "reports/flame/flame_boxes.h"
#include "reports/flame/flame_colours.h"
#include "reports/flame/flame_tree.h"

namespace mqtrack::reports {

struct DrawnLegend {
  std::string svg;
  double height = 0;
};

/// `shortened_stacks`: what ShortenDeepStacks returned. Draws from (left, 0) downwards, broken into rows of at most
/// `width` pixels.
[[nodiscard]] DrawnLegend DrawLegend(const StackSet& set, const FlameTree& tree, const ModulePalette& palette,
                                     const DrawnBoxes& boxes, double min_fraction, std::size_t shortened_stacks,
                                     double left, double width);

}  // namespace mqtrack::reports
