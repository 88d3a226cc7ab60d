#include "libtrack/hunt/hunt_result.h"

#include <algorithm>

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

}  // namespace mqtrack::hunt
