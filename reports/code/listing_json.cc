#include "reports/code/listing_json.h"

#include "reports/code/code_json.h"
#include "reports/code/code_words.h"
#include "reports/code/shown_lines.h"

namespace mqtrack::reports {
namespace {

using Json = nlohmann::ordered_json;

Json LinesJson(const analysis::FunctionLines& function) {
  Json json = Json::array();
  for (const analysis::LineCost& line : function.lines) {
    json.push_back({{"line", line.line}, {"flat", line.flat}, {"cum", line.cum}});
  }
  return json;
}

/// The source around the lines with values, as the text shows it.
Json SourceJson(const analysis::FunctionLines& function, const FoundSource& source, int context) {
  Json json = Json::array();
  for (const auto& [first, last] : ShownLines(function, static_cast<std::int64_t>(source.lines.size()), context)) {
    for (std::int64_t number = first; number <= last; ++number) {
      json.push_back({{"line", number}, {"text", source.lines[static_cast<std::size_t>(number - 1)]}});
    }
  }
  return json;
}

}  // namespace

std::string RenderListingJson(const analysis::SourceLines& lines, const std::vector<FoundSource>& sources,
                              const CodeOptions& options) {
  Json json = CodeJsonHead("mqtrack-source/1", lines.value_type, lines.total, lines.side, options);
  json["functions"] = Json::array();
  const FoundSource nothing;
  const std::size_t shown = FunctionsShown(lines.functions.size(), options);
  for (std::size_t i = 0; i < shown; ++i) {
    const analysis::FunctionLines& function = lines.functions[i];
    const FoundSource& source = i < sources.size() ? sources[i] : nothing;
    json["functions"].push_back({{"function", function.function},
                                 {"file", function.file},
                                 {"module", function.module},
                                 {"start_line", function.start_line},
                                 {"flat", function.flat},
                                 {"cum", function.cum},
                                 {"lines", LinesJson(function)},
                                 {"found", source.path},
                                 {"note", source.note},
                                 {"source", SourceJson(function, source, options.context_lines)}});
  }
  json["omitted_functions"] = lines.functions.size() - shown;
  return CodeJsonText(json);
}

}  // namespace mqtrack::reports
