#include "libtrack/analysis/gate/lost_part.h"

#include <algorithm>
#include <string>

#include "libtrack/profile/fact.h"

namespace mqtrack::analysis {

std::optional<profile::Profile> LostPart(const profile::Profile& profile) {
  const std::optional<std::string> look = profile::FindFact(profile, profile::kHeapLookFact);
  if (!look || (*look != profile::kLooksForLost && *look != profile::kLooksForOwners)) return std::nullopt;
  profile::Profile lost = profile;
  if (*look == profile::kLooksForLost) return lost;
  std::erase_if(lost.samples, [](const profile::Sample& sample) {
    return std::none_of(sample.labels.begin(), sample.labels.end(), [](const profile::Label& label) {
      return label.key == profile::kOwnerLabel && label.str == profile::kLostOwner;
    });
  });
  return lost;
}

}  // namespace mqtrack::analysis
