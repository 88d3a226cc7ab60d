// When a limit on memory is reached if growth goes on as it did. Made only from growth that is steady.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "libtrack/analysis/side.h"

namespace mqtrack::analysis {

struct Forecast {
  std::int64_t bytes_per_hour = 0;
  std::int64_t seconds = 0;  // from the newer snapshot on; the allocator's overhead makes it less
  std::string limit;         // as Memory::room_of
};

/// `steady_growth`: bytes of live heap blocks that are known to have grown all the time from base to newer. Nothing
/// where the time between is less than a minute, or no limit is known.
[[nodiscard]] std::optional<Forecast> MakeForecast(std::int64_t steady_growth, const Side& base, const Side& newer);

}  // namespace mqtrack::analysis
