#include "libtrack/analysis/stack_expander.h"

namespace mqtrack::analysis {

std::vector<Frame> StackExpander::Expand(const std::vector<profile::LocationId>& locations) {
  std::vector<Frame> stack;
  stack.reserve(locations.size() + 8);  // inlined frames come on top
  for (const profile::LocationId location : locations) {
    std::optional<std::vector<Frame>>& frames = by_location_[Index(location)];
    if (!frames) frames = ExpandStack(profile_, profile::Sample{{location}, {}, {}}, wrappers_);
    stack.insert(stack.end(), frames->begin(), frames->end());
  }
  return stack;
}

}  // namespace mqtrack::analysis
