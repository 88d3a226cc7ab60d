#include "reports/code/peek_json.h"

#include "reports/code/code_json.h"
#include "reports/code/code_words.h"

namespace mqtrack::reports {
namespace {

using Json = nlohmann::ordered_json;

Json NeighboursJson(const std::vector<analysis::Neighbour>& neighbours) {
  Json json = Json::array();
  for (const analysis::Neighbour& neighbour : neighbours) {
    json.push_back({{"function", neighbour.function}, {"value", neighbour.value}, {"inlined", neighbour.inlined}});
  }
  return json;
}

}  // namespace

std::string RenderPeekJson(const analysis::FunctionPeek& peek, const CodeOptions& options) {
  Json json = CodeJsonHead("mqtrack-peek/1", peek.value_type, peek.total, peek.side, options);
  json["functions"] = Json::array();
  const std::size_t shown = FunctionsShown(peek.functions.size(), options);
  for (std::size_t i = 0; i < shown; ++i) {
    const analysis::PeekedFunction& function = peek.functions[i];
    json["functions"].push_back({{"function", function.function},
                                 {"file", function.file},
                                 {"module", function.module},
                                 {"flat", function.flat},
                                 {"cum", function.cum},
                                 {"callers", NeighboursJson(function.callers)},
                                 {"callees", NeighboursJson(function.callees)}});
  }
  json["omitted_functions"] = peek.functions.size() - shown;
  return CodeJsonText(json);
}

}  // namespace mqtrack::reports
