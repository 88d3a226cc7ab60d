#include "cli/watch/watch_round.h"

#include <algorithm>

#include "libtrack/analysis/sites.h"

namespace mqtrack::cli {

std::int64_t WatchedResource::Growth() const { return analysis::Difference(points.back().total, points.front().total); }

std::optional<std::int64_t> WatchedResource::PerHour() const {
  constexpr std::int64_t kNanosPerSecond = 1'000'000'000, kShortest = 10;
  const std::int64_t seconds = (points.back().time_ns - points.front().time_ns) / kNanosPerSecond;
  if (seconds < kShortest) return std::nullopt;
  // Values of a foreign profile may be anything.
  constexpr double kMost = 9e18;
  const double rate = static_cast<double>(Growth()) * 3600.0 / static_cast<double>(seconds);
  return static_cast<std::int64_t>(std::clamp(rate, -kMost, kMost));
}

}  // namespace mqtrack::cli
