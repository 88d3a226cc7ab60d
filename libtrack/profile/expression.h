// A user's regular expression, matched against names that come from outside and may be long and malformed.
#pragma once

#include <optional>
#include <regex>
#include <string>
#include <string_view>

#include "libtrack/support/result.h"

namespace mqtrack::profile {

/// An RE2-like subset of ECMAScript, without back references; matches anywhere in a text. Immutable once compiled.
class Expression {
 public:
  /// An empty `text` is an expression that is not set and matches nothing. A malformed one is an error whose place is
  /// `option`.
  [[nodiscard]] static support::Result<Expression> Compile(const std::string& option, const std::string& text);

  [[nodiscard]] bool set() const { return regex_.has_value(); }
  /// Of a very long text only the beginning counts.
  [[nodiscard]] bool Matches(std::string_view text) const;

 private:
  std::optional<std::regex> regex_;
};

}  // namespace mqtrack::profile
