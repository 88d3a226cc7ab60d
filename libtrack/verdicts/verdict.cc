#include "libtrack/verdicts/verdict.h"

namespace mqtrack::verdicts {

std::string_view VerdictName(Verdict verdict) {
  constexpr std::string_view kNames[kVerdicts] = {"lost",  "leak",    "inconclusive", "backlog",
                                                  "cache", "warm-up", "churn"};
  return kNames[static_cast<std::size_t>(verdict)];
}

}  // namespace mqtrack::verdicts
