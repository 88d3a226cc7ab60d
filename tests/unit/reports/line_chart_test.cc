#include "reports/diagnosis/line_chart.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "reports/diagnosis/chart_scale.h"
#include "reports/diagnosis/html_text.h"

namespace mqtrack::reports {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kSecond = 1'000'000'000;

std::string Ticks(const ChartScale& scale) {
  std::string text;
  for (const Tick& tick : scale.ticks) text += (text.empty() ? "" : "|") + tick.text;
  return text;
}

bool HasNoNumber(const std::string& svg) {
  return svg.find("nan") != std::string::npos || svg.find("inf") != std::string::npos;
}

TEST(ValueScale, StepsAreRoundInTheirUnit) {
  EXPECT_EQ(Ticks(MakeValueScale({0, 1'900'000}, "bytes")), "0 B|512 KiB|1 MiB|1.5 MiB|2 MiB");
  EXPECT_EQ(Ticks(MakeValueScale({0, 11}, "count")), "0|2|4|6|8|10|12");
}

TEST(ValueScale, BeginsAtZeroUnlessValuesAreNearlyTheSame) {
  EXPECT_EQ(MakeValueScale({100, 400}, "count").low, 0);
  const ChartScale close = MakeValueScale({10'000, 10'030}, "count");
  EXPECT_EQ(close.low, 10'000);
  EXPECT_EQ(close.high, 10'030);
}

TEST(ValueScale, HoldsAllValues) {
  const std::vector<std::vector<std::int64_t>> all = {
      {}, {0}, {5}, {-7}, {-300, 200}, {kMost}, {kLeast, 1}, {kLeast, kMost}, {kMost - 1, kMost}};
  for (const std::vector<std::int64_t>& values : all) {
    const ChartScale scale = MakeValueScale(values, "count");
    EXPECT_LT(scale.low, scale.high);
    EXPECT_GE(scale.ticks.size(), 2U);
    EXPECT_LE(scale.ticks.size(), 12U);
    for (const std::int64_t value : values) {
      EXPECT_GE(scale.Fraction(static_cast<double>(value)), 0) << value;
      EXPECT_LE(scale.Fraction(static_cast<double>(value)), 1) << value;
    }
  }
}

TEST(TimeScale, TicksAreRoundTimesOfTheDay) {
  const std::int64_t start = 1'795'000'000 * kSecond;  // 2026-11-18 11:06:40 UTC
  EXPECT_EQ(Ticks(MakeTimeScale(start, start + 20 * kSecond)), "11:06:40|11:06:45|11:06:50|11:06:55|11:07:00");
  EXPECT_EQ(Ticks(MakeTimeScale(start, start + 600 * kSecond)), "11:10|11:15");
  EXPECT_EQ(Ticks(MakeTimeScale(start, start + 3 * 86'400 * kSecond)), "11-19|11-20|11-21");
  EXPECT_LE(MakeTimeScale(start, kMost).ticks.size(), 5U);
  EXPECT_LE(MakeTimeScale(0, 0).ticks.size(), 5U);
}

TEST(LineChart, OfNothingIsNothing) {
  EXPECT_EQ(DrawLineChart({"Threads", "count", {}, {}}), "");
  EXPECT_EQ(DrawLineChart({"Threads", "count", {1, 2}, {{"threads", {std::nullopt, std::nullopt}}}}), "");
}

TEST(LineChart, OfOnePointHasADot) {
  const std::string svg = DrawLineChart({"Threads", "count", {kSecond}, {{"threads", {4}}}});
  EXPECT_NE(svg.find("<circle"), std::string::npos);
  EXPECT_FALSE(HasNoNumber(svg)) << svg;
}

TEST(LineChart, HasAGapWhereNothingIsKnown) {
  const std::string svg =
      DrawLineChart({"Threads", "count", {1 * kSecond, 2 * kSecond, 3 * kSecond}, {{"threads", {4, std::nullopt, 5}}}});
  const std::size_t path = svg.find("<path d=\"");
  ASSERT_NE(path, std::string::npos);
  const std::string drawn = svg.substr(path, svg.find("/>", path) - path);
  EXPECT_EQ(drawn.find('L'), std::string::npos) << drawn;
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), 'M'), 2) << drawn;
}

TEST(LineChart, HugeAndNegativeFiguresStayInside) {
  const std::string svg = DrawLineChart({"Odd", "bytes", {0, 0, 0}, {{"odd", {kLeast, 0, kMost}}}});
  EXPECT_NE(svg.find("snapshot 2"), std::string::npos) << "times are not known";
  EXPECT_FALSE(HasNoNumber(svg)) << svg;
}

TEST(LineChart, EscapesWhatItIsGiven) {
  const std::string svg = DrawLineChart({"<b>", "count", {1, 2}, {{"\"><script>", {1, 2}}, {"b", {1, 2}}}});
  EXPECT_EQ(svg.find("<script>"), std::string::npos);
  EXPECT_EQ(svg.find("<b>"), std::string::npos);
}

TEST(SmallCharts, OfNothingAreNothing) {
  EXPECT_EQ(DrawSparkline({}, "count"), "");
  EXPECT_EQ(DrawSparkline({7}, "count"), "");
  EXPECT_EQ(DrawBars({}, "count"), "");
}

TEST(SmallCharts, SayWhatTheyShow) {
  EXPECT_NE(DrawSparkline({1, 3}, "count").find("1 \xE2\x86\x92 3 (+2)"), std::string::npos);
  EXPECT_NE(DrawBars({5, 0, -2}, "count").find("left behind by each stretch: 5, 0, -2"), std::string::npos);
  EXPECT_FALSE(HasNoNumber(DrawBars({0, 0}, "count")));
  EXPECT_FALSE(HasNoNumber(DrawSparkline({kLeast, kMost}, "bytes")));
}

TEST(HtmlText, LongNamesMayBreakAndStayEscaped) {
  EXPECT_EQ(HtmlName("a::b_c/<d>"), "a::<wbr>b_<wbr>c/<wbr>&lt;d&gt;");
  EXPECT_EQ(HtmlName(""), "");
}

}  // namespace
}  // namespace mqtrack::reports
