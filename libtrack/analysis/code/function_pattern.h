// Which functions a user means by one argument: a name as the tables show it, or a regular expression.
#pragma once

#include <string>
#include <string_view>

#include "libtrack/profile/expression.h"
#include "libtrack/support/result.h"

namespace mqtrack::analysis {

/// Immutable once compiled.
class FunctionPattern {
 public:
  /// What is no valid expression ("operator new[]") counts as a name alone. An empty or overlong text is an error.
  [[nodiscard]] static support::Result<FunctionPattern> Compile(const std::string& text);

  /// This name and no other, as it is or as tables show it. Errors: as of Compile.
  [[nodiscard]] static support::Result<FunctionPattern> Exactly(const std::string& name);

  /// True if `name` holds the text, as it is or as tables show it, or if the expression matches anywhere in it;
  /// of Exactly, if it is the text.
  [[nodiscard]] bool Matches(std::string_view name) const;

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  profile::Expression expression_;
  bool is_exact_ = false;
};

}  // namespace mqtrack::analysis
