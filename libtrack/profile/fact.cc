#include "libtrack/profile/fact.h"

namespace mqtrack::profile {

std::optional<std::string> FindFact(const Profile& profile, std::string_view key) {
  const std::string prefix = std::string(kFactPrefix) + std::string(key) + ": ";
  for (const std::string& comment : profile.comments) {
    if (comment.starts_with(prefix)) return comment.substr(prefix.size());
  }
  return std::nullopt;
}

}  // namespace mqtrack::profile
