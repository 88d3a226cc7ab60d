// Stacks that no screen holds: unbounded recursion in a foreign profile may be thousands of frames deep, at 20 pixels
// each. (The recorder keeps 128.)
#pragma once

#include <cstddef>

#include "reports/picture/stack_set.h"

namespace mqtrack::reports {

/// More frames of one stack, collapsed ones not counted, are not drawn.
constexpr std::size_t kDrawnFrames = 256;

/// Puts one frame, "(… frames left out)", in the place of the middle of every stack that is deeper: what called it and
/// what it ended in are both at hand. Returns how many stacks that were.
[[nodiscard]] std::size_t ShortenDeepStacks(StackSet& set);

}  // namespace mqtrack::reports
