#include "libtrack/profile/difference.h"

#include <algorithm>

#include "libtrack/profile/fact.h"

namespace mqtrack::profile {

bool IsDifference(const Profile& profile, std::size_t sample_type) {
  if (FindFact(profile, kDifferenceFact)) return true;
  return std::any_of(profile.samples.begin(), profile.samples.end(), [&](const Sample& sample) {
    if (sample_type < sample.values.size() && sample.values[sample_type] < 0) return true;
    return std::any_of(sample.labels.begin(), sample.labels.end(),
                       [](const Label& label) { return label.key == "pprof::base"; });
  });
}

}  // namespace mqtrack::profile
