// Profiles that hold what changed, not what is: `mqtrack diff --format pprof`, `go tool pprof -proto -base`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "libtrack/profile/profile.h"

namespace mqtrack::profile {

/// The fact by which a difference that we wrote is known even if nothing shrank: "before.pb.gz to after.pb.gz".
inline constexpr char kDifferenceFact[] = "difference";

/// True if the values of sample type number `sample_type` are changes: the profile says so, by kDifferenceFact or by
/// pprof's label of -diff_base, or one of them is negative. Of a file of other tools in which nothing shrank nobody can
/// tell.
[[nodiscard]] bool IsDifference(const Profile& profile, std::size_t sample_type);

/// How big a change is, whatever its direction.
[[nodiscard]] constexpr std::int64_t Magnitude(std::int64_t value) {
  if (value == std::numeric_limits<std::int64_t>::min()) return std::numeric_limits<std::int64_t>::max();
  return value < 0 ? -value : value;
}

}  // namespace mqtrack::profile
