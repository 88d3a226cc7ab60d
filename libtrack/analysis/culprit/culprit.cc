#include "libtrack/analysis/culprit/culprit.h"

#include <algorithm>

#include "libtrack/support/check.h"

namespace mqtrack::analysis {
namespace {

/// The one nearest the root of `frames` that does not only start a thread; the outermost if all do.
std::size_t Outermost(const std::vector<Frame>& stack, std::size_t frames) {
  for (std::size_t i = frames; i-- > 0;) {
    if (!stack[i].start) return i;
  }
  return frames - 1;
}

}  // namespace

Culprit FindCulprit(const std::vector<Frame>& stack) {
  TRACK_CHECK(!stack.empty(), "a stack without frames has no culprit");
  if (stack.front().label) return {0, NamedBy::kLabel};
  const auto label = std::find_if(stack.begin(), stack.end(), [](const Frame& frame) { return frame.label; });
  const auto frames = static_cast<std::size_t>(label - stack.begin());
  std::size_t begin = frames;
  while (begin > 0 && !stack[begin - 1].pure) --begin;
  NamedBy named_by = NamedBy::kNearest;
  for (std::size_t i = 0; i < frames; ++i) {
    if (stack[i].layer_callers > 0) named_by = NamedBy::kLayer;
    if (i >= begin && !stack[i].wrapper) return {i, named_by};
  }
  // Nobody called the pure frames: what stands below them is better than nothing.
  for (std::size_t i = 0; i < begin; ++i) {
    if (!stack[i].wrapper) return {i, NamedBy::kNearest};
  }
  return {Outermost(stack, frames), NamedBy::kOutermost};
}

}  // namespace mqtrack::analysis
