// Names from profiles and configuration files, made safe for one line of a terminal, a log or a picture.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mqtrack::analysis {

/// `text` with control characters and invalid UTF-8 replaced by '?': a function or topic name may hold escape
/// sequences.
[[nodiscard]] std::string Printable(std::string_view text);

/// Printable text in double quotes, cut to a length that fits an error message.
[[nodiscard]] std::string Quoted(std::string_view text);

/// "not valid JSON: …" for the message of an nlohmann::json exception, without the exception's number.
[[nodiscard]] std::string JsonErrorText(std::string_view message);

/// Of several names, the one nearest to `name` by edit distance, or empty if none is near enough to be a misspelling.
template <typename Names>
[[nodiscard]] std::string NearestName(std::string_view name, const Names& names);

/// Number of single-character edits between two words; only the first 64 characters of each count.
[[nodiscard]] std::size_t EditDistance(std::string_view a, std::string_view b);

template <typename Names>
std::string NearestName(std::string_view name, const Names& names) {
  std::string nearest;
  std::size_t nearest_distance = name.size() / 2 + 1;  // beyond half its letters it is another word
  for (const auto& candidate : names) {
    const std::size_t distance = EditDistance(name, candidate);
    if (distance < nearest_distance) {
      nearest_distance = distance;
      nearest = std::string(candidate);
    }
  }
  return nearest;
}

}  // namespace mqtrack::analysis
