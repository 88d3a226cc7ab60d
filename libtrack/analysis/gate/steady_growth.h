// Whether something grows all the time, told from its values at several moments. docs/gate.md states the rule in words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace mqtrack::analysis {

/// What one site held at each snapshot of a series.
struct SiteHistory {
  std::vector<std::int64_t> values;
  std::vector<std::int64_t> objects;  // as many as `values`, or none: not counted
  std::vector<bool> left_something;   // per stretch: some of what was born in it was alive at the end; none: not known
};

/// The series cut into stretches: the number of the snapshot at which each begins, and the last one's. Each interval is
/// a stretch; of more than three, there are three stretches as equal as can be.
[[nodiscard]] std::vector<std::size_t> StretchBounds(std::size_t snapshots);

/// True if it nowhere shrank, grew in every stretch, in objects as in value, and left something of each.
[[nodiscard]] bool GrowsSteadily(const SiteHistory& history);

/// Growth from the first moment to the last by the slope that is the median of those between any two (Theil-Sen): a
/// jump at the beginning counts as little as one at the end. `positions` rise, one per value.
[[nodiscard]] std::int64_t MedianGrowth(const std::vector<std::int64_t>& values, const std::vector<double>& positions);

}  // namespace mqtrack::analysis
