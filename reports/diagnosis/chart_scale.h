// The axes of charts: where they begin and end, and where their ticks are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mqtrack::reports {

struct Tick {
  double at = 0;
  std::string text;
};

/// From `low` to `high`, which differ; ticks lie between them, lowest first.
struct ChartScale {
  double low = 0, high = 1;
  std::vector<Tick> ticks;
  /// Where `value` lies: 0 at `low`, 1 at `high`.
  [[nodiscard]] double Fraction(double value) const { return (value - low) / (high - low); }
};

/// For values of a sample type's unit. It begins at zero, unless all values are nearly the same: then what changes can
/// only be seen close by. `values` may be empty.
[[nodiscard]] ChartScale MakeValueScale(const std::vector<std::int64_t>& values, std::string_view unit);

/// For times since the epoch in nanoseconds, in order; ticks are round times of the day in UTC.
[[nodiscard]] ChartScale MakeTimeScale(std::int64_t first_nanos, std::int64_t last_nanos);

}  // namespace mqtrack::reports
