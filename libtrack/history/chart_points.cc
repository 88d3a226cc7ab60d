#include "libtrack/history/chart_points.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace mqtrack::history {
namespace {

/// Numbers of what is kept if each of `stretches` parts keeps its extremes.
std::set<std::size_t> Extremes(const std::vector<Totals>& totals, std::size_t stretches) {
  std::set<std::size_t> kept = {0, totals.size() - 1};
  for (std::size_t stretch = 0; stretch < stretches; ++stretch) {
    const std::size_t begin = totals.size() * stretch / stretches, end = totals.size() * (stretch + 1) / stretches;
    struct Range {
      std::size_t lowest_at = 0, highest_at = 0;
      std::int64_t lowest = 0, highest = 0;
    };
    std::map<std::string_view, Range> ranges;
    for (std::size_t i = begin; i < end; ++i) {
      for (const auto& [name, value] : totals[i].values) {
        const auto [range, is_new] = ranges.try_emplace(name, Range{i, i, value, value});
        if (is_new) continue;
        if (value < range->second.lowest) range->second.lowest = value, range->second.lowest_at = i;
        if (value > range->second.highest) range->second.highest = value, range->second.highest_at = i;
      }
    }
    for (const auto& [name, range] : ranges) kept.insert({range.lowest_at, range.highest_at});
  }
  return kept;
}

}  // namespace

std::vector<Totals> ChartPoints(std::vector<Totals> totals, std::size_t most) {
  if (totals.size() <= most) return totals;
  // Fewer and longer stretches until they fit: how much each keeps depends on how many values change, and when.
  std::size_t stretches = most / 2;
  std::set<std::size_t> kept = Extremes(totals, stretches);
  while (kept.size() > most && stretches > 1) kept = Extremes(totals, stretches /= 2);
  std::vector<Totals> chosen;
  for (const std::size_t i : kept) {
    if (chosen.size() < most) chosen.push_back(std::move(totals[i]));
  }
  return chosen;
}

}  // namespace mqtrack::history
