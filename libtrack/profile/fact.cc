#include "libtrack/profile/fact.h"

#include <algorithm>

namespace mqtrack::profile {

namespace {

bool IsPlain(char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '%'; }

}  // namespace

std::string AsWord(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string word;
  for (const char c : text) {
    if (IsPlain(c)) {
      word += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      word += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return word;
}

std::string FromWord(std::string_view word) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '%' && word.size() - i > 2) {
      const std::size_t high = kDigits.find(word[i + 1]), low = kDigits.find(word[i + 2]);
      if (high != std::string_view::npos && low != std::string_view::npos) {
        text += static_cast<char>(high << 4 | low);
        i += 2;
        continue;
      }
    }
    text += word[i];
  }
  return text;
}

void AddFact(Profile& profile, std::string_view key, const std::string& value) {
  std::string comment = std::string(kFactPrefix) + std::string(key) + ": " + value;
  std::replace_if(
      comment.begin(), comment.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  profile.comments.push_back(std::move(comment));
}

std::vector<std::string> FindFacts(const Profile& profile, std::string_view key) {
  const std::string prefix = std::string(kFactPrefix) + std::string(key) + ": ";
  std::vector<std::string> values;
  for (const std::string& comment : profile.comments) {
    if (comment.starts_with(prefix)) values.push_back(comment.substr(prefix.size()));
  }
  return values;
}

std::optional<std::string> FindFact(const Profile& profile, std::string_view key) {
  const std::string prefix = std::string(kFactPrefix) + std::string(key) + ": ";
  for (const std::string& comment : profile.comments) {
    if (comment.starts_with(prefix)) return comment.substr(prefix.size());
  }
  return std::nullopt;
}

}  // namespace mqtrack::profile
