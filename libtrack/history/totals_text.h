// Totals as lines of a file: "1796038553000 rss=123 fds=5". Private to the module.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/history/history_store.h"

namespace mqtrack::history {

/// With the line's end.
[[nodiscard]] std::string TotalsLine(const Totals& totals);

/// Nothing if it is none, or was cut off.
[[nodiscard]] std::optional<Totals> ParseTotals(std::string_view line);

/// In order of time; of one time the last counts.
[[nodiscard]] std::vector<Totals> ParseTotalsFile(std::string_view text);

}  // namespace mqtrack::history
