#include "libtrack/hunt/hunt_result.h"

#include <algorithm>

#include "libtrack/hunt/catalogue.h"
#include "libtrack/support/words.h"

namespace mqtrack::hunt {

const char* OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kClean:
      return "clean";
    case Outcome::kCache:
      return "cache";
    case Outcome::kNotSettled:
      return "not settled";
    case Outcome::kNotTried:
      return "not tried";
    case Outcome::kLeak:
      return "leak";
    case Outcome::kCrash:
      return "crash";
  }
  return "";
}

std::int64_t HuntResult::Count(Outcome outcome) const {
  return std::count_if(operations.begin(), operations.end(),
                       [&](const OperationResult& one) { return one.outcome == outcome; });
}

support::Result<std::vector<OperationResult>> ChooseOperations(const std::vector<Operation>& catalogue,
                                                               const std::vector<std::string>& only) {
  for (const std::string& pattern : only) {
    const bool is_any = std::any_of(catalogue.begin(), catalogue.end(),
                                    [&](const Operation& one) { return IsNamed(one.name, pattern); });
    if (is_any) continue;
    std::vector<std::string> names;
    for (const Operation& one : catalogue) names.push_back(one.name);
    return support::Error{support::ErrorCode::kBadInput,
                          "is no operation of the catalogue" + support::DidYouMean(pattern, names) +
                              "; mqtrack hunt --list '*' shows them, and '*' stands for any text",
                          "--only " + pattern};
  }
  std::vector<OperationResult> chosen;
  for (const Operation& one : catalogue) {
    const bool wanted = only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string& pattern) {
                          return IsNamed(one.name, pattern);
                        });
    if (!wanted) continue;
    OperationResult& result = chosen.emplace_back();
    result.operation = &one;
    result.outcome = Outcome::kNotTried;
    result.why = "the hunt ended before";
  }
  return chosen;
}

}  // namespace mqtrack::hunt
