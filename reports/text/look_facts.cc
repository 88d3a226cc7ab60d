#include "reports/text/look_facts.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace mqtrack::reports {

std::string LookWords(const LookFacts& look) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f ms", static_cast<double>(look.stood_still_nanos) / 1e6);
  return look.cloned ? text : std::string(text) + " (copied while it stood: " + look.why_not_cloned + ")";
}

nlohmann::ordered_json LookJson(const LookFacts& look) {
  return {{"stood_still_nanoseconds", look.stood_still_nanos},
          {"way", look.cloned ? "clone" : "copy"},
          {"why_not_cloned", look.why_not_cloned}};
}

}  // namespace mqtrack::reports
