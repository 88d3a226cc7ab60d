#include "cli/looking/function_sources.h"

#include <algorithm>
#include <string>

#include "libtrack/support/units.h"

namespace mqtrack::cli {
namespace {

/// Whether the text can be the one that was compiled: it is long enough, and not younger than the profile.
std::string WhyAnotherVersion(const analysis::FunctionLines& function, const symbolize::SourceText& text,
                              std::int64_t taken_ns) {
  const std::int64_t last = function.lines.empty() ? 0 : function.lines.back().line;
  const auto lines = static_cast<std::int64_t>(text.lines.size());
  if (last > lines) {
    return "the file has only " + support::FormatCount(lines) + (lines == 1 ? " line" : " lines") +
           ", so it is another version than was compiled";
  }
  if (taken_ns > 0 && text.changed_ns > taken_ns) {
    return "the file was changed after this was recorded, so its lines may have moved";
  }
  return {};
}

}  // namespace

std::vector<reports::FoundSource> FindSources(const analysis::SourceLines& lines, std::size_t functions,
                                              std::int64_t taken_ns, symbolize::SourceFinder& finder) {
  const std::size_t all = lines.functions.size();
  std::vector<reports::FoundSource> sources(functions == 0 ? all : std::min(all, functions));
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const symbolize::SourceFinder::Found& text = finder.Find(lines.functions[i].file);
    if (!text) {
      sources[i].note = text.error().text;
      continue;
    }
    sources[i] = {(*text)->path, (*text)->lines, WhyAnotherVersion(lines.functions[i], **text, taken_ns)};
  }
  return sources;
}

}  // namespace mqtrack::cli
