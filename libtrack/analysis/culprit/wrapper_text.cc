#include "libtrack/analysis/culprit/wrapper_text.h"

#include <algorithm>

namespace mqtrack::analysis {

extern const std::string_view kWrappersText;  // wrappers.txt, embedded by the build

namespace {

enum class Section { kPlain, kStarts, kPure, kPureTemplates };

Section SectionOf(std::string_view heading) {
  if (heading == "[start of programs and threads]") return Section::kStarts;
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

/// The lines of the sections that `wanted` picks.
template <typename Wanted>
std::string Lines(Wanted wanted) {
  std::string text;
  ForEachPattern([&](Section section, std::string_view line) {
    if (wanted(section)) text.append(line).append("\n");
  });
  return text;
}

}  // namespace

const std::string& BuiltinFunctionPatterns() {
  static const std::string patterns = Lines([](Section section) { return section != Section::kPureTemplates; });
  return patterns;
}

const std::string& BuiltinStartPatterns() {
  static const std::string patterns = Lines([](Section section) { return section == Section::kStarts; });
  return patterns;
}

std::vector<PurePattern> BuiltinPurePatterns() {
  std::vector<PurePattern> result;
  ForEachPattern([&result](Section section, std::string_view line) {
    const bool is_pure = section == Section::kPure || section == Section::kPureTemplates;
    if (is_pure) result.push_back({line, section == Section::kPureTemplates});
  });
  return result;
}

}  // namespace mqtrack::analysis
