#include "reports/diagnosis/chart_scale.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <iterator>

#include "libtrack/support/units.h"

namespace mqtrack::reports {
namespace {

constexpr double kNanosPerSecond = 1e9;
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr int kFewestSteps = 3;  // of a value's axis, about

/// The largest of `factors` times a power of `base` that is at most `most`; at least 1.
double RoundStep(double most, double base, std::initializer_list<double> factors) {
  const double power = std::pow(base, std::floor(std::log(std::max(most, 1.0)) / std::log(base)));
  double step = power;
  for (const double factor : factors) {
    if (factor * power <= most) step = factor * power;
  }
  return step;
}

/// Half-open kibibytes are no round figures: steps of bytes are powers of two.
double ValueStep(double span, std::string_view unit) {
  return unit == "bytes" ? RoundStep(span / kFewestSteps, 2, {1}) : RoundStep(span / kFewestSteps, 10, {1, 2, 5});
}

std::int64_t Whole(double value) {
  constexpr double kLimit = 9e18;  // less than an int64's, so that rounding cannot leave its range
  return static_cast<std::int64_t>(std::clamp(value, -kLimit, kLimit));
}

std::int64_t TimeStepSeconds(double span_seconds) {
  constexpr std::int64_t kSteps[] = {1,   2,    5,    10,   15,    30,    60,    120,   300,    600,
                                     900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 7 * kSecondsPerDay};
  constexpr double kMostSteps = 4;
  for (const std::int64_t step : kSteps) {
    if (span_seconds <= static_cast<double>(step) * kMostSteps) return step;
  }
  // Of years: as many whole weeks as it takes.
  const double weeks = std::ceil(span_seconds / kMostSteps / static_cast<double>(*std::prev(std::end(kSteps))));
  return Whole(weeks) * *std::prev(std::end(kSteps));
}

/// "17:30" of "2026-11-21 17:30:00 UTC", with seconds or as a date where the step asks for it.
std::string TimeText(std::int64_t seconds, std::int64_t step) {
  constexpr std::int64_t kNanos = 1'000'000'000;
  const std::string text = support::FormatUtc(seconds * kNanos);
  constexpr std::size_t kDate = 5, kDateLength = 5, kTime = 11, kMinutes = 5, kSecondsToo = 8;
  if (text.size() < kTime + kSecondsToo) return text;
  if (step >= kSecondsPerDay) return text.substr(kDate, kDateLength);
  return text.substr(kTime, step < 60 ? kSecondsToo : kMinutes);
}

}  // namespace

ChartScale MakeValueScale(const std::vector<std::int64_t>& values, std::string_view unit) {
  double least = 0, most = 0;
  if (!values.empty()) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    least = static_cast<double>(*low);
    most = static_cast<double>(*high);
  }
  constexpr double kNearlyTheSame = 5;  // of zero's distance, so many times more than of each other's
  const bool is_close_by = most > least && least > 0 && least > (most - least) * kNearlyTheSame;
  if (!is_close_by) {
    least = std::min(least, 0.0);
    most = std::max(most, 0.0);
  }
  if (most <= least) most = least + 1;
  const double step = ValueStep(most - least, unit);
  ChartScale scale;
  scale.low = std::floor(least / step) * step;
  scale.high = std::ceil(most / step) * step;
  const auto steps = static_cast<int>(std::lround((scale.high - scale.low) / step));
  for (int i = 0; i <= steps; ++i) {
    const double at = scale.low + step * i;
    scale.ticks.push_back({at, support::FormatValue(Whole(at), unit)});
  }
  return scale;
}

ChartScale MakeTimeScale(std::int64_t first_nanos, std::int64_t last_nanos) {
  ChartScale scale;
  scale.low = static_cast<double>(first_nanos);
  scale.high = std::max(static_cast<double>(last_nanos), scale.low + kNanosPerSecond);
  const std::int64_t step = TimeStepSeconds((scale.high - scale.low) / kNanosPerSecond);
  const auto first =
      static_cast<std::int64_t>(std::ceil(scale.low / kNanosPerSecond / static_cast<double>(step))) * step;
  for (std::int64_t at = first; static_cast<double>(at) * kNanosPerSecond <= scale.high; at += step)
    scale.ticks.push_back({static_cast<double>(at) * kNanosPerSecond, TimeText(at, step)});
  return scale;
}

}  // namespace mqtrack::reports
