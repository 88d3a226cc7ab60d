// Whom to blame: which frame of a creation stack names the line a reader can fix.
//
// Frames that only pass an allocation on (WrapperList) stay in the stack, are skipped for naming, and start collapsed
// in pictures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "libtrack/profile/profile.h"

namespace mqtrack::analysis {

/// One frame of a stack, inlined frames separate. StackExpander makes them.
struct Frame {
  profile::LocationId location{};
  const profile::Function* function = nullptr;  // null: not symbolized. Owned by the profile
  std::int64_t line = 0;
  bool inlined = false;  // was inlined into the next frame of the stack
  bool wrapper = false;  // passes an allocation on
  bool label = false;    // no function, but the value of a label (profile::AddLabelFrames)
};

/// Index in `stack` of the frame to blame: the one nearest the leaf that is not a wrapper; if all are, the one nearest
/// the root. A label at the leaf stands for everything below it, and is blamed; one at the root is not. `stack` must
/// not be empty.
[[nodiscard]] std::size_t CulpritIndex(const std::vector<Frame>& stack);

}  // namespace mqtrack::analysis
