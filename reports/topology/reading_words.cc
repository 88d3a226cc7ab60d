#include "reports/topology/reading_words.h"

#include <cstdio>

#include "libtrack/analysis/printable.h"
#include "libtrack/support/units.h"

namespace mqtrack::reports {
namespace {

std::string Counted(std::int64_t count, const std::string& one, const std::string& many) {
  return support::FormatCount(count) + " " + (count == 1 ? one : many);
}

}  // namespace

std::string SizeWords(const topology::Topology& topology) {
  const topology::Reading& reading = topology.reading;
  std::string words = Counted(static_cast<std::int64_t>(topology.services.size()), "service", "services") + ", " +
                      Counted(static_cast<std::int64_t>(topology.edges.size()), "edge", "edges") + "; " +
                      Counted(reading.spans, "span", "spans") + " in " + Counted(reading.lines, "line", "lines") +
                      " of " + Counted(reading.files, "log", "logs");
  if (reading.from_ns != 0) {
    words += ", " + support::FormatUtc(reading.from_ns) + " and " +
             support::FormatDuration((reading.until_ns - reading.from_ns) / 1'000'000'000) + " on";
  }
  return words;
}

std::vector<std::string> LossWords(const topology::Reading& reading) {
  std::vector<std::string> words;
  const auto add = [&](std::int64_t count, const std::string& one, const std::string& many, const std::string& rest) {
    if (count > 0) words.push_back(Counted(count, one, many) + rest);
  };
  add(reading.broken_lines, "line is", "lines are", " no JSON and left out; the first:");
  for (const std::string& problem : reading.problems) words.push_back("  " + analysis::Printable(problem));
  for (const std::string& damage : reading.damaged_logs)
    words.push_back("a log is damaged, and the rest of it is missing: " + analysis::Printable(damage));
  add(reading.without_span, "line has", "lines have", " no trace and span id, which tells nothing of who calls whom");
  add(reading.without_service, "span does", "spans do", " not say the service: left out (--field service=KEY)");
  add(reading.repeated, "record repeats", "records repeat", " a span that was complete: counted once");
  add(reading.shared, "record has", "records have", " the ids of a span of another service: left out");
  add(reading.missing_parents, "span has", "spans have", " a parent that is not in these logs");
  add(reading.distant_parents, "span has", "spans have",
      " a parent that is not among the " + support::FormatCount(reading.window / 2) +
          " spans before and after it: not in these logs, or too far away (--window)");
  add(reading.other_services, "span is", "spans are", " of services beyond those that can be told apart");
  add(reading.dropped_edges, "call is", "calls are", " between services beyond the pairs that can be told apart");
  add(reading.dropped_cycles, "circle is", "circles are", " not listed");
  return words;
}

std::string TimeText(std::int64_t nanos, std::int64_t count) {
  return count == 0 ? "-" : support::FormatValue(nanos, "nanoseconds");
}

std::string TimesText(double times) {
  char text[32];
  std::snprintf(text, sizeof text, times < 10 ? "%.1f times" : "%.0f times", times);
  return text;
}

}  // namespace mqtrack::reports
