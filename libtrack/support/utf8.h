// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. Names come from symbol tables,
// topics and files, so any of them may be malformed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mqtrack::support {

/// One character of a text.
struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;  // how long its sequence is; 0: malformed, and `value` means nothing
};

/// The character whose sequence starts at `text[at]`, which must exist.
[[nodiscard]] CodePoint DecodeUtf8(std::string_view text, std::size_t at);

/// True if all of `text` is well-formed.
[[nodiscard]] bool IsUtf8(std::string_view text);

/// `text` with every malformed byte replaced by U+FFFD.
[[nodiscard]] std::string ToUtf8(std::string_view text);

/// U+FFFD, which stands for what could not be shown.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

}  // namespace mqtrack::support
