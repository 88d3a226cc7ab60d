// Stacks for people: the inner workings of a C++ container are half a screen of std:: and __gnu_cxx:: frames between
// the function to blame and malloc, of which only the outermost, the member that was called, says anything.
#pragma once

#include <cstddef>
#include <vector>

#include "libtrack/analysis/culprit/culprit.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::reports {

/// A line of a printed stack.
struct StackLine {
  std::size_t frame = 0;   // index in the stack
  std::size_t folded = 0;  // frames below it that are left out, all of the C++ library
};

/// The lines of `stack`, leaf first. Frames of the C++ library that only pass an allocation on and stand side by side
/// become one line, for the outermost of them; not the frame number `culprit`, and not if `all_frames`.
[[nodiscard]] std::vector<StackLine> FoldFrames(const profile::Profile& profile,
                                                const std::vector<analysis::Frame>& stack, std::size_t culprit,
                                                bool all_frames);

}  // namespace mqtrack::reports
