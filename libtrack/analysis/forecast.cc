#include "libtrack/analysis/forecast.h"

#include <algorithm>
#include <cmath>

namespace mqtrack::analysis {

std::optional<Forecast> MakeForecast(std::int64_t steady_growth, const Side& base, const Side& newer) {
  constexpr double kNanosPerSecond = 1e9, kHour = 3600, kFarthest = 3e9;  // a hundred years, which nobody waits for
  constexpr double kLeastSeconds = 60;
  if (steady_growth <= 0 || newer.memory.room < 0 || base.time_nanos <= 0) return std::nullopt;
  const double seconds =
      (static_cast<double>(newer.time_nanos) - static_cast<double>(base.time_nanos)) / kNanosPerSecond;
  if (seconds < kLeastSeconds) return std::nullopt;
  const double rate = static_cast<double>(steady_growth) / seconds;
  const double left = static_cast<double>(newer.memory.room) / rate;
  if (left > kFarthest) return std::nullopt;
  return Forecast{static_cast<std::int64_t>(std::min(rate * kHour, 9e18)), std::llround(left),
                  newer.memory.room_of};
}

}  // namespace mqtrack::analysis
