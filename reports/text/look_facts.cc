#include "reports/text/look_facts.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace mqtrack::reports {

std::string_view LookLabel(const LookFacts& look) { return look.from_core.empty() ? "still" : "core "; }

std::string LookWords(const LookFacts& look) {
  if (!look.from_core.empty()) return look.from_core;
  char text[32];
  std::snprintf(text, sizeof text, "%.2f ms", static_cast<double>(look.stood_still_nanos) / 1e6);
  return look.cloned ? text : std::string(text) + " (copied while it stood: " + look.why_not_cloned + ")";
}

nlohmann::ordered_json LookJson(const LookFacts& look) {
  if (!look.from_core.empty()) {
    return {{"stood_still_nanoseconds", nullptr},
            {"way", "core"},
            {"why_not_cloned", ""},
            {"core_written", look.from_core}};
  }
  return {{"stood_still_nanoseconds", look.stood_still_nanos},
          {"way", look.cloned ? "clone" : "copy"},
          {"why_not_cloned", look.why_not_cloned}};
}

}  // namespace mqtrack::reports
