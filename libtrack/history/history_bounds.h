// How much of a history is kept.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace mqtrack::history {

using UnixMillis = std::int64_t;

/// The last moment that there can be, in the year 2262: its nanoseconds since the epoch are a number, too.
constexpr UnixMillis kLatestMoment = INT64_MAX / 1'000'000;

struct HistoryBounds {
  std::uint64_t bytes = std::uint64_t{256} << 20;  // of all files together
  std::chrono::seconds age = std::chrono::hours(24 * 14);
};

/// Which of the snapshots taken at `times` (ascending) may go: all of the last hour stay, one each 10 minutes of the
/// last day, one each hour before that, and none that is older than `age`. The first and the last of those that are not
/// too old always stay. Pure; what it keeps it keeps again a moment later, until that falls into the next coarser part.
[[nodiscard]] std::vector<UnixMillis> Thinnable(const std::vector<UnixMillis>& times, UnixMillis now,
                                                std::chrono::seconds age);

}  // namespace mqtrack::history
