#include "libtrack/analysis/culprit/culprit.h"

#include "libtrack/support/check.h"

namespace mqtrack::analysis {

std::size_t CulpritIndex(const std::vector<Frame>& stack) {
  TRACK_CHECK(!stack.empty(), "a stack without frames has no culprit");
  if (stack.front().label) return 0;
  std::size_t outermost = 0;
  for (std::size_t i = 0; i < stack.size() && !stack[i].label; ++i) {
    if (!stack[i].wrapper) return i;
    outermost = i;
  }
  return outermost;
}

}  // namespace mqtrack::analysis
