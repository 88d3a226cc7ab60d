// How a site's figures went, as the rules ask for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "libtrack/verdicts/site_history.h"

namespace mqtrack::verdicts {

/// Of what had lived for a stretch, so little may be released and the rest still stays.
inline constexpr double kHardlyAny = 0.05;

/// All counts are of things, where these are counted, else of the value.
struct Trend {
  std::vector<std::int64_t> counts;  // at each snapshot
  std::vector<std::int64_t> left;    // of each stretch, what is there at the end
  std::int64_t growth = 0, value_growth = 0;
  std::int64_t peak_value = 0;
  bool grew_late = false;  // in the last third of the stretches
  bool left_in_each_third = false;
  bool is_all_new = false;  // of what was made since the first snapshot, only the newest stretch's is there
  bool falls = false;       // in some stretch, by a good part of what it rose in all
  bool is_one = false;      // never more than one thing
  bool keeps_pace = false;  // the value, with the number of stretches, within the factor of a table that doubles
  /// Share of what was there one stretch after it was made and is gone at the end; of the stretches that are old
  /// enough.
  double released = 0;
  std::int64_t watched = 0;  // things of which `released` is told; 0: not known
  std::int64_t young = 0;    // of what was made since the first snapshot, what the last third of the stretches made
  std::int64_t made_since = 0;
  std::vector<std::size_t> jumps;  // stretches in which the value rose
  [[nodiscard]] std::size_t stretches() const { return left.size(); }
  /// The first stretch of the last third.
  [[nodiscard]] std::size_t late() const;
};

[[nodiscard]] Trend ReadTrend(const SiteHistory& history);

}  // namespace mqtrack::verdicts
