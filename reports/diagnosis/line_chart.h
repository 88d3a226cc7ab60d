// How figures went over the snapshots, as SVG for a page: a chart with axes, and two small ones without. They take
// their colours from classes of the page's style, and can be read without any: each says in words what it shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mqtrack::reports {

/// One line of a chart: a figure for each snapshot, nothing where it is not known.
struct ChartLine {
  std::string name;
  std::vector<std::optional<std::int64_t>> values;
};

struct LineChart {
  std::string title;
  std::string unit;                       // of a sample type
  std::vector<std::int64_t> times_nanos;  // of the snapshots, since the epoch; zeros: not known, then they are numbered
  std::vector<ChartLine> lines;           // two at most have colours of their own
  std::string moment = "snapshot";        // what is numbered
};

/// A <figure>. Empty if no figure is known.
[[nodiscard]] std::string DrawLineChart(const LineChart& chart);

/// "1 KiB to 3 KiB (+2 KiB)": first and last of what is known, "" of nothing.
[[nodiscard]] std::string FromTo(const std::vector<std::optional<std::int64_t>>& values, const std::string& unit);

/// The values of a site at each snapshot, small. Empty of fewer than two.
[[nodiscard]] std::string DrawSparkline(const std::vector<std::int64_t>& values, const std::string& unit);

/// What each stretch left behind, a bar each. Empty of none.
[[nodiscard]] std::string DrawBars(const std::vector<std::int64_t>& left, const std::string& unit);

}  // namespace mqtrack::reports
