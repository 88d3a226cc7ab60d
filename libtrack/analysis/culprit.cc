#include "libtrack/analysis/culprit.h"

#include "libtrack/support/check.h"

namespace mqtrack::analysis {

std::size_t CulpritIndex(const std::vector<Frame>& stack) {
  TRACK_CHECK(!stack.empty(), "a stack without frames has no culprit");
  for (std::size_t i = 0; i < stack.size(); ++i) {
    if (!stack[i].wrapper) return i;
  }
  return stack.size() - 1;
}

}  // namespace mqtrack::analysis
