#include "libtrack/analysis/side.h"

#include "libtrack/analysis/frame_name.h"
#include "libtrack/profile/operations.h"
#include "libtrack/support/units.h"

namespace mqtrack::analysis {
namespace {

/// The number in the fact `key`: 0 if the fact is missing, -1 if it is no number.
std::int64_t NumericFact(const profile::Profile& profile, std::string_view key) {
  const std::optional<std::string> fact = profile::FindFact(profile, key);
  if (!fact) return 0;
  const support::Result<std::int64_t> number = support::ParseCount(*fact);
  return number ? *number : -1;
}

}  // namespace

Side DescribeSide(const profile::Profile& profile) {
  Side side;
  if (!profile.mappings.empty()) {
    side.program = std::string(BaseName(profile.mappings[0].file));
    side.build_id = profile.mappings[0].build_id;
  }
  side.target = profile::FindFact(profile, "target").value_or("");
  side.time_nanos = profile.time_nanos;
  // Other producers say by the period that they sampled: Go and tcmalloc write the mean distance in bytes there.
  const bool sampled_elsewhere =
      !profile::FindFact(profile, "sample_bytes") && profile.period_type.type == "space" && profile.period > 1;
  side.sample_bytes = sampled_elsewhere ? profile.period : NumericFact(profile, "sample_bytes");
  side.losses = NumericFact(profile, "losses");
  side.lost_bytes = NumericFact(profile, "lost_bytes");
  return side;
}

}  // namespace mqtrack::analysis
