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
  bool inlined = false;           // was inlined into the next frame of the stack
  bool wrapper = false;           // passes an allocation on
  bool pure = false;              // a wrapper, and whatever it calls is part of allocating
  bool start = false;             // of the code that starts programs and threads
  std::size_t layer_callers = 0;  // of an AllocationLayer: how many functions ask it; else 0
  bool label = false;             // no function, but the value of a label (profile::AddLabelFrames)
};

/// Why a frame is the one to blame.
enum class NamedBy {
  kNearest,    // nearest to the allocation of those that are no wrapper, by the list
  kLayer,      // as kNearest, and an allocation layer that was recognised by its callers was passed over
  kOutermost,  // every frame is a wrapper
  kLabel,      // a label at the leaf stands for everything below it
};

struct Culprit {
  std::size_t index = 0;  // in the stack
  NamedBy named_by = NamedBy::kNearest;
};

/// The frame of `stack` to blame: the one nearest the leaf that is not a wrapper, beyond every pure one. If all are
/// wrappers, the one nearest the root that is not merely how its thread was started. A label at the leaf stands for
/// everything below it, and is blamed; one at the root is not. `stack` must not be empty.
[[nodiscard]] Culprit FindCulprit(const std::vector<Frame>& stack);
[[nodiscard]] inline std::size_t CulpritIndex(const std::vector<Frame>& stack) { return FindCulprit(stack).index; }

}  // namespace mqtrack::analysis
