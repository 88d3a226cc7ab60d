#include "reports/words/passed_over_words.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libtrack/analysis/printable.h"
#include "libtrack/support/units.h"
#include "reports/words/fit_names.h"

namespace mqtrack::reports {

std::string PassedOverSentence(const std::vector<analysis::AllocationLayer>& layers) {
  constexpr std::size_t kShown = 3;
  if (layers.empty()) return {};
  const std::size_t shown = std::min(kShown, layers.size());
  const auto count = [](std::size_t number) { return support::FormatCount(static_cast<std::int64_t>(number)); };
  std::string names;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) names += i + 1 == layers.size() ? " and " : ", ";
    names += ShortName(layers[i].function, kWidestNameInSentence) +
             (layers.size() > 1 ? " (" + count(layers[i].callers) + ")" : "");
  }
  if (shown < layers.size()) names += " and " + count(layers.size() - shown) + " more";
  const std::string why = layers.size() == 1
                              ? " was passed over: it passes on what " + count(layers[0].callers) + " functions ask for"
                              : " were passed over: they pass on what many functions ask for";
  const std::string first = analysis::Printable(layers[0].function);  // to be copied, so whole or not at all
  return names + why + " (a line !" + (first.size() <= kWidestNameInSentence ? first : "NAME") +
         " in a --wrappers file undoes it).";
}

nlohmann::ordered_json PassedOverJson(const std::vector<analysis::AllocationLayer>& layers) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const analysis::AllocationLayer& layer : layers) {
    json.push_back({{"function", layer.function}, {"callers", layer.callers}});
  }
  return json;
}

}  // namespace mqtrack::reports
