#include "libtrack/analysis/side.h"

#include "libtrack/profile/operations.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/units.h"

namespace mqtrack::analysis {
namespace {

/// The sum of all facts named `key`, since a merged profile carries those of each part; 0 if there is none, -1 if one
/// of them is no number.
std::int64_t NumericFact(const profile::Profile& profile, std::string_view key) {
  const std::string prefix = std::string(profile::kFactPrefix) + std::string(key) + ": ";
  std::int64_t sum = 0;
  for (const std::string& comment : profile.comments) {
    if (!comment.starts_with(prefix)) continue;
    const support::Result<std::int64_t> number = support::ParseCount(std::string_view(comment).substr(prefix.size()));
    if (!number || __builtin_add_overflow(sum, *number, &sum)) return -1;
  }
  return sum;
}

}  // namespace

Side DescribeSide(const profile::Profile& profile) {
  Side side;
  if (!profile.mappings.empty()) {
    side.program = std::string(support::BaseName(profile.mappings[0].file));
    side.build_id = profile.mappings[0].build_id;
  }
  side.target = profile::FindFact(profile, "target").value_or("");
  side.process = profile::FindFact(profile, "process").value_or("");
  side.state = profile::FindFact(profile, "state").value_or("");
  side.time_nanos = profile.time_nanos;
  // Other producers say by the period that they sampled: Go and tcmalloc write the mean distance in bytes there.
  const bool sampled_elsewhere =
      !profile::FindFact(profile, "sample_bytes") && profile.period_type.type == "space" && profile.period > 1;
  side.sample_bytes = sampled_elsewhere ? profile.period : NumericFact(profile, "sample_bytes");
  side.losses = NumericFact(profile, "losses");
  side.lost_bytes = NumericFact(profile, "lost_bytes");
  side.lost_connections = NumericFact(profile, "lost_connections");
  return side;
}

bool MayBeOfOneProcess(const Side& base, const Side& newer) {
  if (!base.process.empty() && !newer.process.empty()) return base.process == newer.process;
  return base.target.empty() || newer.target.empty() || base.target == newer.target;
}

}  // namespace mqtrack::analysis
