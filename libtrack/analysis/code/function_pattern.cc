#include "libtrack/analysis/code/function_pattern.h"

#include <utility>

#include "libtrack/support/display_name.h"

namespace mqtrack::analysis {
namespace {

support::Status CheckLength(const std::string& text) {
  constexpr std::size_t kLongest = 2000;
  if (text.empty())
    return support::Error{support::ErrorCode::kBadInput, "a name or an expression is missing", "FUNCTION"};
  if (text.size() > kLongest)
    return support::Error{support::ErrorCode::kBadInput, "the name is longer than 2000 characters", "FUNCTION"};
  return {};
}

}  // namespace

support::Result<FunctionPattern> FunctionPattern::Compile(const std::string& text) {
  if (const support::Status fits = CheckLength(text); !fits) return fits.error();
  FunctionPattern pattern;
  pattern.text_ = text;
  support::Result<profile::Expression> expression = profile::Expression::Compile("FUNCTION", text);
  if (expression) pattern.expression_ = std::move(expression).value();
  return pattern;
}

support::Result<FunctionPattern> FunctionPattern::Exactly(const std::string& name) {
  if (const support::Status fits = CheckLength(name); !fits) return fits.error();
  FunctionPattern pattern;
  pattern.text_ = name;
  pattern.is_exact_ = true;
  return pattern;
}

bool FunctionPattern::Matches(std::string_view name) const {
  if (is_exact_) return name == text_ || support::DisplayName(name) == text_;
  if (name.find(text_) != std::string_view::npos || expression_.Matches(name)) return true;
  return support::DisplayName(name).find(text_) != std::string::npos;
}

}  // namespace mqtrack::analysis
