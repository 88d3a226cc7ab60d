// Boxes of the flame graph as SVG elements, laid out completely, so that the picture needs no script to be read.
#pragma once

#include <string>

#include "libtrack/profile/sample_types.h"
#include "reports/flame/flame_colours.h"
#include "reports/flame/flame_tree.h"
#include "reports/picture/stack_set.h"

namespace mqtrack::reports {

/// Where the boxes go, in pixels.
struct FlameGeometry {
  double left = 16, top = 0, width = 1168;
  static constexpr int kRowHeight = 20;
};

struct DrawnBoxes {
  std::string svg;
  std::uint32_t rows = 1;   // visible ones; collapsed frames have none
  std::size_t markers = 0;  // how many strips stand for collapsed frames
  bool has_wrappers = false;
  std::string inlined_classes;  // of the first inlined box that is seen; empty: there is none
};

/// Draws every box of `tree`; `palette` is unused in a comparison.
[[nodiscard]] DrawnBoxes DrawBoxes(const StackSet& set, const FlameTree& tree, const ModulePalette& palette,
                                   const FlameGeometry& geometry);

/// What collapsed frames are: those of an allocator, where values are of the heap.
[[nodiscard]] inline std::string CollapsedFrames(const profile::ValueType& type) {
  const bool heap = profile::SampleKindOf(type.type).kind == log::Kind::kHeapBlock;
  return heap ? "Allocator frames" : "Wrapper frames";
}

/// `number` for an SVG attribute: at most two decimals.
[[nodiscard]] std::string FormatPixels(double number);

}  // namespace mqtrack::reports
