#include "libtrack/analysis/gate/steady_growth.h"

#include <algorithm>
#include <cmath>

namespace mqtrack::analysis {
namespace {

constexpr std::size_t kMostStretches = 3;

bool Grows(const std::vector<std::int64_t>& values) {
  if (!std::is_sorted(values.begin(), values.end())) return false;
  const std::vector<std::size_t> bounds = StretchBounds(values.size());
  for (std::size_t i = 1; i < bounds.size(); ++i) {
    if (values[bounds[i]] <= values[bounds[i - 1]]) return false;
  }
  return true;
}

}  // namespace

std::vector<std::size_t> StretchBounds(std::size_t snapshots) {
  const std::size_t intervals = snapshots - 1, stretches = std::min(intervals, kMostStretches);
  std::vector<std::size_t> bounds;
  for (std::size_t i = 0; i <= stretches; ++i) bounds.push_back((i * intervals + stretches / 2) / stretches);
  return bounds;
}

bool GrowsSteadily(const SiteHistory& history) {
  if (history.values.size() < 3 || !Grows(history.values)) return false;
  if (!history.objects.empty() && !Grows(history.objects)) return false;
  return std::all_of(history.left_something.begin(), history.left_something.end(), [](bool left) { return left; });
}

std::int64_t MedianGrowth(const std::vector<std::int64_t>& values, const std::vector<double>& positions) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = i + 1; j < values.size(); ++j) {
      const double rise = static_cast<double>(values[j]) - static_cast<double>(values[i]);
      if (positions[j] > positions[i]) slopes.push_back(rise / (positions[j] - positions[i]));
    }
  }
  if (slopes.empty()) return 0;
  std::sort(slopes.begin(), slopes.end());
  const std::size_t middle = slopes.size() / 2;
  const double slope = slopes.size() % 2 == 1 ? slopes[middle] : (slopes[middle - 1] + slopes[middle]) / 2;
  const double growth = slope * (positions.back() - positions.front());
  // Values of a foreign profile may be anything; no cast may overflow.
  constexpr double kLargest = 9.2e18;
  return static_cast<std::int64_t>(std::llround(std::clamp(growth, -kLargest, kLargest)));
}

}  // namespace mqtrack::analysis
