#include "libtrack/analysis/culprit/wrapper_text.h"

#include <algorithm>

namespace mqtrack::analysis {

extern const std::string_view kWrappersText;  // wrappers.txt, embedded by the build

namespace {

enum class Section { kPlain, kPure, kPureTemplates };

Section SectionOf(std::string_view heading) {
  if (heading.ends_with(": pure]")) return Section::kPure;
  return heading.ends_with(": pure templates]") ? Section::kPureTemplates : Section::kPlain;
}

/// Calls visit(section, line) for every line that holds a pattern.
template <typename Visit>
void ForEachPattern(Visit visit) {
  Section section = Section::kPlain;
  std::string_view rest = kWrappersText;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with('[') && line.ends_with(']')) {
      section = SectionOf(line);
    } else {
      visit(section, line);
    }
  }
}

}  // namespace

const std::string& BuiltinFunctionPatterns() {
  static const std::string patterns = [] {
    std::string text;
    ForEachPattern([&text](Section section, std::string_view line) {
      if (section != Section::kPureTemplates) text.append(line).append("\n");
    });
    return text;
  }();
  return patterns;
}

std::vector<PurePattern> BuiltinPurePatterns() {
  std::vector<PurePattern> result;
  ForEachPattern([&result](Section section, std::string_view line) {
    if (section != Section::kPlain) result.push_back({line, section == Section::kPureTemplates});
  });
  return result;
}

}  // namespace mqtrack::analysis
