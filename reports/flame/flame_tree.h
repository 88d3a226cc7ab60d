// The tree of boxes behind a flame graph. Stacks are sorted, so that equal prefixes are neighbours and the tree grows
// by appending: no map, and cheap for 20,000 stacks of 60 frames.
#pragma once

#include <cstdint>
#include <vector>

#include "reports/picture/stack_set.h"

namespace mqtrack::reports {

/// One box. `weight` is its width: the value, or of a comparison the sum of |growth| of the stacks in it, so that what
/// grew and what shrank below one caller do not hide each other.
struct FlameBox {
  FrameId frame{};
  bool tail = false;              // below the culprit: only passes the allocation on, collapsed at first
  std::uint32_t depth = 0;        // 0: the root box, which has no frame
  std::int64_t line = 0;          // of its heaviest stack
  std::uint32_t other_lines = 0;  // how many further lines of the same function are in it
  std::int64_t weight = 0;
  PairedValue value, objects;           // all stacks through it
  PairedValue self;                     // stacks that blame it: it is their culprit, or their leaf inside a tail
  std::vector<std::uint32_t> children;  // into FlameTree::boxes: heaviest first, tails last
};

/// boxes[0] is the root. Boxes below the threshold are not there; what they hold is counted in `elided_…`.
struct FlameTree {
  std::vector<FlameBox> boxes;
  std::uint32_t depth = 0;  // of the deepest box
  std::uint64_t elided_boxes = 0;
  std::int64_t elided_weight = 0;
};

[[nodiscard]] FlameTree BuildFlameTree(const StackSet& set, double min_fraction);

}  // namespace mqtrack::reports
