// As many moments of a course as a chart can show.
#pragma once

#include <cstddef>
#include <vector>

#include "libtrack/history/history_store.h"

namespace mqtrack::history {

/// At most `most` of `totals` (in order of time), the first and the last among them, and of each stretch of time the
/// moments at which any value was highest or lowest: no peak is lost by it, and every moment is one that was. `most` is
/// 100 at least. Pure.
[[nodiscard]] std::vector<Totals> ChartPoints(std::vector<Totals> totals, std::size_t most);

}  // namespace mqtrack::history
