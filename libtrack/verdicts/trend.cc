#include "libtrack/verdicts/trend.h"

#include <algorithm>

#include "libtrack/analysis/sites.h"

namespace mqtrack::verdicts {
namespace {

using analysis::Difference;
using analysis::Sum;

std::int64_t SumOf(const std::vector<std::int64_t>& values, std::size_t begin, std::size_t end) {
  std::int64_t sum = 0;
  for (std::size_t i = begin; i < end; ++i) sum = Sum(sum, values[i]);
  return sum;
}

/// What was there one stretch after its own had ended, and what of it is gone at the end.
void ReadReleases(const SiteHistory& history, Trend& trend) {
  std::int64_t there = 0, now = 0;
  for (std::size_t cohort = 1; cohort + 2 < history.held.size(); ++cohort) {
    there = Sum(there, history.Count(history.cohorts[cohort + 1][cohort]));
    now = Sum(now, history.Count(history.cohorts.back()[cohort]));
  }
  trend.watched = there;
  if (there > 0) trend.released = std::max(0.0, 1 - static_cast<double>(now) / static_cast<double>(there));
}

/// What the newest stretch made may be on its way out: without it, or with it.
bool GrewLate(const SiteHistory& history, const Trend& trend) {
  if (trend.counts.back() > trend.counts[trend.late()]) return true;
  if (history.cohorts.empty()) return false;
  const auto settled = [&](std::size_t snapshot) {
    return Difference(trend.counts[snapshot], history.Count(history.cohorts[snapshot][snapshot]));
  };
  // If more is released, what is older is on its way out as well.
  return trend.late() > 0 && trend.released <= kHardlyAny && settled(history.held.size() - 1) > settled(trend.late());
}

bool Falls(const std::vector<std::int64_t>& counts) {
  constexpr std::int64_t kPart = 5;
  std::int64_t rises = 0, falls = 0;
  for (std::size_t i = 1; i < counts.size(); ++i) {
    const std::int64_t change = Difference(counts[i], counts[i - 1]);
    (change > 0 ? rises : falls) += change > 0 ? change : -change;
  }
  return falls > rises / kPart;
}

/// A table that doubles when it is full has, for each stretch, between once and twice what it needs.
bool KeepsPace(const SiteHistory& history) {
  const std::size_t snapshots = history.held.size(), third = (snapshots - 1 + 2) / 3;
  double least = 0, most = 0;
  for (std::size_t i = third; i < snapshots; ++i) {
    const double each = static_cast<double>(history.held[i].value) / static_cast<double>(i);
    least = i == third ? each : std::min(least, each);
    most = std::max(most, each);
  }
  constexpr double kDoubled = 2.5;
  return least * kDoubled >= most && history.held.back().value > history.held[third].value;
}

bool IsLeftInEachThird(const Trend& trend) {
  const std::size_t stretches = trend.stretches(), thirds = std::min<std::size_t>(3, stretches);
  for (std::size_t i = 0; i < thirds; ++i) {
    if (SumOf(trend.left, i * stretches / thirds, (i + 1) * stretches / thirds) <= 0) return false;
  }
  return true;
}

}  // namespace

std::size_t Trend::late() const { return stretches() - std::max<std::size_t>(1, (stretches() + 1) / 3); }

Trend ReadTrend(const SiteHistory& history) {
  Trend trend;
  for (std::size_t i = 0; i < history.held.size(); ++i) {
    const Held& held = history.held[i];
    trend.counts.push_back(history.Count(held));
    trend.peak_value = std::max(trend.peak_value, held.value);
    if (i > 0 && held.value > history.held[i - 1].value) trend.jumps.push_back(i - 1);
  }
  trend.left = history.Left();
  if (!history.cohorts.empty()) ReadReleases(history, trend);
  trend.growth = Difference(trend.counts.back(), trend.counts.front());
  trend.value_growth = Difference(history.held.back().value, history.held.front().value);
  trend.grew_late = GrewLate(history, trend);
  trend.made_since = SumOf(trend.left, 0, trend.stretches());
  trend.falls = Falls(trend.counts);
  trend.is_all_new = !history.cohorts.empty() && trend.left.back() > 0 && trend.made_since == trend.left.back();
  trend.is_one = history.has_objects && *std::max_element(trend.counts.begin(), trend.counts.end()) <= 1;
  trend.keeps_pace = KeepsPace(history);
  trend.left_in_each_third = IsLeftInEachThird(trend);
  trend.young = SumOf(trend.left, trend.late(), trend.stretches());
  return trend;
}

}  // namespace mqtrack::verdicts
