#include "reports/flame/folded.h"

#include <map>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "reports/picture/stack_set.h"

namespace mqtrack::reports {
namespace {

// ';' separates frames and the last space the value, so a frame holds no ';'. Line breaks are gone already.
std::string FoldedFrame(std::string name) {
  for (char& c : name) {
    if (c == ';') c = ':';
  }
  return name;
}

}  // namespace

support::Result<std::string> RenderFolded(const profile::Profile& profile, const profile::Profile* base,
                                          const FlameOptions& options) {
  // Nothing is collapsed in this form, so no list of wrappers is needed.
  const support::Result<StackSet> set = CollectStacks(profile, base, analysis::WrapperList(), options.sample_type);
  if (!set) return set.error();
  std::vector<std::string> names;
  names.reserve(set->frames.size());
  for (const FrameText& frame : set->frames) names.push_back(FoldedFrame(frame.name));
  std::map<std::string, PairedValue> lines;  // also the order of the output
  for (const PicturedStack& stack : set->stacks) {
    std::string line;
    for (std::size_t i = 0; i < stack.length; ++i) {
      if (i > 0) line += ';';
      line += names[Index(set->frame_ids[stack.begin + i])];
    }
    lines[std::move(line)] += stack.value;
  }
  std::string folded;
  for (const auto& [line, value] : lines) {
    if (value.base == 0 && value.value == 0) continue;
    folded += line;
    if (base != nullptr) folded.append(" ").append(std::to_string(value.base));
    folded.append(" ").append(std::to_string(value.value)).append("\n");
  }
  return folded;
}

}  // namespace mqtrack::reports
