#include "reports/stress/stress_text.h"

#include <cstdio>

#include "libtrack/analysis/printable.h"
#include "libtrack/support/units.h"
#include "reports/words/columns.h"

namespace mqtrack::reports {
namespace {

using stress::LatencyHistogram;
using stress::StageResult;

std::string Time(std::int64_t nanos) {
  char text[32];
  const double micros = static_cast<double>(nanos) / 1e3;
  if (micros < 1000)
    std::snprintf(text, sizeof text, "%.0f us", micros);
  else if (micros < 1e6)
    std::snprintf(text, sizeof text, "%.1f ms", micros / 1e3);
  else
    std::snprintf(text, sizeof text, "%.2f s", micros / 1e6);
  return text;
}

std::string Seconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f s", seconds);
  return text;
}

std::string Percentiles(const char* what, const LatencyHistogram& histogram) {
  if (histogram.count() == 0) return {};
  return std::string("    ") + what + ": median " + Time(histogram.Percentile(0.5)) + ", p90 " +
         Time(histogram.Percentile(0.9)) + ", p99 " + Time(histogram.Percentile(0.99)) + ", p99.9 " +
         Time(histogram.Percentile(0.999)) + ", max " + Time(histogram.max()) + "\n";
}

std::string Each(std::int64_t growth, std::int64_t done) {
  if (done == 0) return {};
  char text[64];
  std::snprintf(text, sizeof text, ", %.1f bytes for each", static_cast<double>(growth) / static_cast<double>(done));
  return text;
}

std::string Holdings(const StageResult& stage) {
  if (!stage.before || !stage.after) return {};
  const stress::Holding &a = *stage.before, &b = *stage.after;
  return "    broker: live " + support::FormatBytes(b.live_bytes) + " (" +
         support::FormatSignedBytes(b.live_bytes - a.live_bytes) + Each(b.live_bytes - a.live_bytes, stage.done) +
         "), resident " + support::FormatBytes(b.resident_bytes) + " (" +
         support::FormatSignedBytes(b.resident_bytes - a.resident_bytes) + "), threads " + std::to_string(b.threads) +
         ", descriptors " + std::to_string(b.descriptors) + "\n";
}

std::string Number(double value) {
  char text[48];
  std::snprintf(text, sizeof text, value >= 100 ? "%.0f" : "%.2f", value);
  return text;
}

}  // namespace

std::string StageLine(const StageResult& stage) {
  std::string text = analysis::Printable(stage.name) + " (" + analysis::Printable(stage.group) +
                     "): " + support::FormatCount(stage.done) + " of " + support::FormatCount(stage.planned) + " in " +
                     Seconds(stage.seconds);
  if (stage.seconds > 0 && stage.done > 0)
    text += ", " + support::FormatCount(static_cast<std::int64_t>(static_cast<double>(stage.done) / stage.seconds)) +
            " a second";
  if (stage.received != 0) text += ", " + support::FormatCount(stage.received) + " received";
  const std::pair<const char*, std::int64_t> troubles[] = {
      {"late", stage.late}, {"dropped", stage.dropped}, {"failed", stage.failed}, {"not begun", stage.not_begun}};
  for (const auto& [what, count] : troubles) {
    if (count != 0) text += ", " + support::FormatCount(count) + " " + what;
  }
  return text;
}

std::string RenderStressText(const stress::StressResult& result) {
  std::string text = analysis::Printable(result.scenario) + " at " + analysis::Printable(result.address) + ", seed " +
                     std::to_string(result.seed) + (result.is_interrupted ? ", interrupted" : "") + "\n";
  for (const StageResult& stage : result.stages) {
    text += "\n" + StageLine(stage) + "\n";
    text += Percentiles("to the answer", stage.answer);
    if (stage.closed_loop.count() != stage.answer.count())
      text += Percentiles("a client that waits would say", stage.closed_loop);
    text += Percentiles("to the subscriber", stage.delivery);
    text += Holdings(stage);
  }
  return text;
}

std::string RenderComparisonText(const StressComparison& comparison, int width_columns, bool colour) {
  using Kind = Columns::Kind;
  Columns table({Kind::kText, Kind::kText, Kind::kNumber, Kind::kNumber, Kind::kText});
  table.AddRow({{"STAGE", Style::kBold},
                {"FIGURE", Style::kBold},
                {"BEFORE", Style::kBold},
                {"AFTER", Style::kBold},
                {"", Style::kBold}});
  for (const ComparedFigure& one : comparison.figures)
    table.AddRow({{analysis::Printable(one.stage)},
                  {one.figure},
                  {Number(one.before)},
                  {Number(one.after)},
                  {one.is_worse ? "worse" : "", Style::kBad}});
  return "\n" + table.Render(0, width_columns, colour) +
         (comparison.HasWorse() ? "worse than before\n" : "not worse than before\n");
}

}  // namespace mqtrack::reports
