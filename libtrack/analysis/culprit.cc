#include "libtrack/analysis/culprit.h"

#include "libtrack/support/check.h"

namespace mqtrack::analysis {

using profile::Index;

std::vector<Frame> ExpandStack(const profile::Profile& profile, const profile::Sample& sample,
                               const WrapperList& wrappers) {
  std::vector<Frame> stack;
  stack.reserve(sample.locations.size() + 8);
  for (const profile::LocationId id : sample.locations) {
    const profile::Location& location = profile.location(id);
    const bool in_wrapper_module = location.mapping != profile::MappingId::kNone &&
                                   wrappers.IsWrapperModule(profile.mappings[Index(location.mapping)].file);
    if (location.lines.empty()) {
      stack.push_back({.location = id, .wrapper = in_wrapper_module});
      continue;
    }
    for (std::size_t i = 0; i < location.lines.size(); ++i) {
      const profile::Line& line = location.lines[i];
      const profile::Function& function = profile.function(line.function);
      stack.push_back({.location = id,
                       .function = &function,
                       .line = line.line,
                       .inlined = i + 1 < location.lines.size(),
                       .wrapper = in_wrapper_module || wrappers.IsWrapper(function.name)});
    }
  }
  return stack;
}

std::size_t CulpritIndex(const std::vector<Frame>& stack) {
  TRACK_CHECK(!stack.empty(), "a stack without frames has no culprit");
  for (std::size_t i = 0; i < stack.size(); ++i) {
    if (!stack[i].wrapper) return i;
  }
  return stack.size() - 1;
}

}  // namespace mqtrack::analysis
