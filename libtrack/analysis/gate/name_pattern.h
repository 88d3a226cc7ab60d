// Patterns in LeakSanitizer's syntax: what suppressions, the gate's ignore list and its per-site limits are written in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::analysis {

/// A substring pattern: matches anywhere in a text, `*` stands for any characters, a leading `^` ties it to the text's
/// start and a trailing `$` to its end. Case matters. Immutable; safe to share between threads.
class NamePattern {
 public:
  /// An empty pattern would match everything and is refused. `where` names its origin in errors.
  [[nodiscard]] static support::Result<NamePattern> Parse(std::string_view text, const std::string& where);
  /// Never true for an empty text.
  [[nodiscard]] bool Matches(std::string_view text) const;
  /// As it was written.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::vector<std::string> pieces_;  // the literal pieces between the stars, in order
  bool at_start_ = false, at_end_ = false;
};

}  // namespace mqtrack::analysis
