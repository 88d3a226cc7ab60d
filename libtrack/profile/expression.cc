#include "libtrack/profile/expression.h"

namespace mqtrack::profile {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

#ifdef __GLIBCXX__
// The library's default matcher recurses once per character, which a long name turns into a stack overflow; this one
// does not, and refuses back references, as RE2 does.
constexpr auto kRegexFlags = std::regex::ECMAScript | std::regex_constants::__polynomial;
#else
constexpr auto kRegexFlags = std::regex::ECMAScript;
#endif
constexpr std::size_t kMaxPattern = 2000;
constexpr std::size_t kMaxMatched = 2048;  // of a name; a template's tail beyond this decides nothing

}  // namespace

Result<Expression> Expression::Compile(const std::string& option, const std::string& text) {
  Expression expression;
  if (text.empty()) return expression;
  if (text.size() > kMaxPattern)
    return Error{ErrorCode::kBadInput, "the expression is longer than 2000 characters", option};
  try {
    expression.regex_.emplace(text, kRegexFlags);
  } catch (const std::regex_error&) {
    return Error{ErrorCode::kBadInput, "'" + text + "' is not a valid regular expression (brackets? a lone * or +?)",
                 option};
  }
  return expression;
}

bool Expression::Matches(std::string_view text) const {
  text = text.substr(0, kMaxMatched);
  try {
    return regex_ && std::regex_search(text.begin(), text.end(), *regex_);
  } catch (const std::regex_error&) {
    return false;  // too complex for this text
  }
}

}  // namespace mqtrack::profile
