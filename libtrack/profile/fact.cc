#include "libtrack/profile/fact.h"

#include <algorithm>

namespace mqtrack::profile {

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
