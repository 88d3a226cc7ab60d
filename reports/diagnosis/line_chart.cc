#include "reports/diagnosis/line_chart.h"

#include <algorithm>
#include <cstdio>

#include "libtrack/support/units.h"
#include "reports/diagnosis/chart_scale.h"
#include "reports/diagnosis/html_text.h"

namespace mqtrack::reports {
namespace {

constexpr double kWidth = 360, kHeight = 170, kLeft = 62, kRight = 14, kTop = 10, kBottom = 24;
constexpr double kMostDots = 60;  // more would cover the line

std::string Pixels(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

/// Both axes of one chart, and where a figure lies between them.
class Axes {
 public:
  explicit Axes(const LineChart& chart) : chart_(chart) {
    std::vector<std::int64_t> known;
    for (const ChartLine& line : chart.lines) {
      for (const std::optional<std::int64_t>& value : line.values) {
        if (value) known.push_back(*value);
      }
    }
    values_ = MakeValueScale(known, chart.unit);
    const std::vector<std::int64_t>& times = chart.times_nanos;
    has_times_ = !times.empty() && times.front() > 0 && times.back() > times.front() &&
                 std::is_sorted(times.begin(), times.end());
    if (has_times_)
      times_ = MakeTimeScale(times.front(), times.back());
    else
      times_ = Numbered(times.size());
  }

  [[nodiscard]] double X(std::size_t snapshot) const {
    return XOf(has_times_ ? static_cast<double>(chart_.times_nanos[snapshot]) : static_cast<double>(snapshot + 1));
  }
  [[nodiscard]] double Y(std::int64_t value) const { return YOf(static_cast<double>(value)); }

  [[nodiscard]] std::string When(std::size_t snapshot) const {
    if (has_times_) return support::FormatUtc(chart_.times_nanos[snapshot]);
    return chart_.moment + " " + std::to_string(snapshot + 1);
  }

  [[nodiscard]] std::string Draw() const {
    std::string svg;
    for (const Tick& tick : values_.ticks) {
      const std::string y = Pixels(YOf(tick.at));
      svg += "<line class=\"grid\" x1=\"" + Pixels(kLeft) + "\" x2=\"" + Pixels(kWidth - kRight) + "\" y1=\"" + y +
             "\" y2=\"" + y + "\"/><text class=\"tick\" text-anchor=\"end\" x=\"" + Pixels(kLeft - 6) + "\" y=\"" +
             Pixels(YOf(tick.at) + 4) + "\">" + Html(tick.text) + "</text>";
    }
    for (const Tick& tick : times_.ticks) {
      svg += "<text class=\"tick\" text-anchor=\"middle\" x=\"" + Pixels(XOf(tick.at)) + "\" y=\"" +
             Pixels(kHeight - 6) + "\">" + Html(tick.text) + "</text>";
    }
    return svg;
  }

 private:
  static ChartScale Numbered(std::size_t snapshots) {
    ChartScale scale;
    scale.low = 1;
    scale.high = static_cast<double>(std::max<std::size_t>(snapshots, 2));
    const std::size_t step = std::max<std::size_t>(1, snapshots / 4);
    for (std::size_t i = 0; i < snapshots; i += step)
      scale.ticks.push_back({static_cast<double>(i + 1), std::to_string(i + 1)});
    return scale;
  }
  [[nodiscard]] double XOf(double at) const { return kLeft + times_.Fraction(at) * (kWidth - kLeft - kRight); }
  [[nodiscard]] double YOf(double at) const {
    return kHeight - kBottom - values_.Fraction(at) * (kHeight - kTop - kBottom);
  }

  const LineChart& chart_;
  ChartScale values_, times_;
  bool has_times_ = false;
};

/// A line with gaps where nothing is known, and a dot with its words at each snapshot.
std::string DrawLine(const ChartLine& line, const Axes& axes, const LineChart& chart, std::size_t number) {
  std::string path, dots;
  bool is_on = false;
  const bool has_dots = static_cast<double>(line.values.size()) <= kMostDots;
  for (std::size_t i = 0; i < line.values.size(); ++i) {
    if (!line.values[i]) {
      is_on = false;
      continue;
    }
    const std::string x = Pixels(axes.X(i)), y = Pixels(axes.Y(*line.values[i]));
    path += (is_on ? "L" : "M") + x + " " + y;
    is_on = true;
    dots += "<circle cx=\"" + x + "\" cy=\"" + y + "\" r=\"" + (has_dots ? "3" : "1") + "\"><title>" +
            Html(axes.When(i) + ": " + support::FormatValue(*line.values[i], chart.unit) + " " + line.name) +
            "</title></circle>";
  }
  return "<g class=\"line line" + std::to_string(number) + "\"><path d=\"" + path + "\"/>" + dots + "</g>";
}

std::string OpenSmall(double width, double height, const std::string& classes, const std::string& words) {
  return "<svg class=\"" + classes + "\" viewBox=\"0 0 " + Pixels(width) + " " + Pixels(height) +
         "\" role=\"img\" aria-label=\"" + Html(words) + "\"><title>" + Html(words) + "</title>";
}

constexpr double kSmallWidth = 220, kSmallHeight = 44, kSmallMargin = 4;

}  // namespace

std::string FromTo(const std::vector<std::optional<std::int64_t>>& values, const std::string& unit) {
  std::optional<std::int64_t> first, last;
  for (const std::optional<std::int64_t>& value : values) {
    if (!value) continue;
    if (!first) first = value;
    last = value;
  }
  if (!first) return {};
  if (*first == *last) return support::FormatValue(*last, unit);
  // As unsigned: values of a foreign profile may be anything.
  const auto change = static_cast<std::int64_t>(static_cast<std::uint64_t>(*last) - static_cast<std::uint64_t>(*first));
  return support::FormatValue(*first, unit) + " \xE2\x86\x92 " + support::FormatValue(*last, unit) + " (" +
         support::FormatSignedValue(change, unit) + ")";
}

std::string DrawLineChart(const LineChart& chart) {
  const Axes axes(chart);
  std::string words, legend, lines;
  std::size_t number = 1;
  for (const ChartLine& line : chart.lines) {
    const std::string from_to = FromTo(line.values, chart.unit);
    if (from_to.empty()) continue;
    const std::string name = chart.lines.size() == 1 ? "" : line.name + " ";
    words += (words.empty() ? "" : ", ") + name + from_to;
    legend += Element("span", "key key" + std::to_string(number), Html(name + from_to));
    lines += DrawLine(line, axes, chart, number);
    ++number;
  }
  if (lines.empty()) return {};
  return "<figure class=\"chart\"><figcaption>" + Element("h3", "", Html(chart.title)) + legend + "</figcaption>" +
         OpenSmall(kWidth, kHeight, "plot", chart.title + ": " + words) + axes.Draw() + lines + "</svg></figure>\n";
}

std::string DrawSparkline(const std::vector<std::int64_t>& values, const std::string& unit) {
  if (values.size() < 2) return {};
  const ChartScale scale = MakeValueScale(values, unit);
  std::string points;
  double x = 0, y = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    x = kSmallMargin +
        (kSmallWidth - 2 * kSmallMargin) * static_cast<double>(i) / static_cast<double>(values.size() - 1);
    y = kSmallHeight - kSmallMargin -
        scale.Fraction(static_cast<double>(values[i])) * (kSmallHeight - 2 * kSmallMargin);
    points += (points.empty() ? "" : " ") + Pixels(x) + "," + Pixels(y);
  }
  const std::string words = "at each snapshot: " + FromTo({values.begin(), values.end()}, unit);
  return OpenSmall(kSmallWidth, kSmallHeight, "spark", words) + "<polyline points=\"" + points + "\"/><circle cx=\"" +
         Pixels(x) + "\" cy=\"" + Pixels(y) + "\" r=\"3\"/></svg>";
}

std::string DrawBars(const std::vector<std::int64_t>& left, const std::string& unit) {
  if (left.empty()) return {};
  double least = 0, most = 0;
  for (const std::int64_t value : left) {
    least = std::min(least, static_cast<double>(value));
    most = std::max(most, static_cast<double>(value));
  }
  const double span = most > least ? most - least : 1;
  const double room = (kSmallWidth - 2 * kSmallMargin) / static_cast<double>(left.size());
  const auto y_of = [&](double value) {
    return kSmallMargin + (most - value) / span * (kSmallHeight - 2 * kSmallMargin);
  };
  std::string bars, words;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const auto value = static_cast<double>(left[i]);
    const std::string text = support::FormatValue(left[i], unit);
    constexpr double kGap = 0.2, kLeastHeight = 1;
    bars += "<rect x=\"" + Pixels(kSmallMargin + room * (static_cast<double>(i) + kGap / 2)) + "\" width=\"" +
            Pixels(std::min(room * (1 - kGap), 28.0)) + "\" y=\"" + Pixels(y_of(std::max(value, 0.0))) +
            "\" height=\"" + Pixels(std::max(kLeastHeight, y_of(std::min(value, 0.0)) - y_of(std::max(value, 0.0)))) +
            "\"><title>" + Html("stretch " + std::to_string(i + 1) + ": " + text) + "</title></rect>";
    words += (words.empty() ? "" : ", ") + text;
  }
  return OpenSmall(kSmallWidth, kSmallHeight, "bars", "left behind by each stretch: " + words) + bars + "</svg>";
}

}  // namespace mqtrack::reports
