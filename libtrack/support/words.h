// Words in messages: lists of known ones, and which of them a misspelt one was meant to be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mqtrack::support {

/// The word of `known` that `word` most probably is a slip for, or "" if none is near: one that begins with it, else
/// the one with the smallest edit distance (insert, delete, replace, swap neighbours), at most a third of its length.
[[nodiscard]] std::string Nearest(std::string_view word, const std::vector<std::string>& known);

/// "; did you mean X?" for the nearest word, or "".
[[nodiscard]] std::string DidYouMean(std::string_view word, const std::vector<std::string>& known);

/// "a, b, c".
[[nodiscard]] std::string Join(const std::vector<std::string>& words);

}  // namespace mqtrack::support
