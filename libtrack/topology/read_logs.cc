#include "libtrack/topology/read_logs.h"

#include <algorithm>
#include <memory>
#include <queue>

#include "libtrack/support/units.h"
#include "libtrack/topology/line_parser.h"
#include "libtrack/topology/line_source.h"

namespace mqtrack::topology {
namespace {

constexpr std::size_t kMostProblems = 5;

void NoteProblem(Reading& reading, const std::string& problem) {
  if (reading.problems.size() < kMostProblems) reading.problems.push_back(problem);
}

// What a line adds to the counts of a reading; true if it has spans.
bool CountLine(LineKind kind, const LineParser& parser, const std::string& where, Reading& reading) {
  reading.without_service += parser.without_service();
  if (kind == LineKind::kOther) ++reading.without_span;
  if (kind == LineKind::kBroken) {
    ++reading.broken_lines;
    NoteProblem(reading, where + ": " + parser.problem());
  }
  return kind == LineKind::kSpans;
}

bool IsBlank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

// One log, and the spans of its next line.
class Source {
 public:
  Source(LineSource file, const FieldNames& names)
      : file_(std::move(file)), parser_(std::make_unique<LineParser>(names)) {}

  /// Goes to the next line with spans; false at the end.
  bool Advance(Reading& reading) {
    std::string_view line;
    for (;;) {
      switch (file_.Next(line)) {
        case LineSource::Read::kEnd:
          reading.bytes += file_.bytes();
          return false;
        case LineSource::Read::kFailed:
          reading.damaged_logs.push_back(file_.path() + ": " + file_.problem());
          continue;
        case LineSource::Read::kTooLong:
          ++reading.lines;
          ++reading.broken_lines;
          NoteProblem(reading,
                      Where() + ": longer than " + support::FormatBytes(static_cast<std::int64_t>(kLongestLine)));
          continue;
        case LineSource::Read::kLine:
          break;
      }
      if (IsBlank(line)) continue;
      ++reading.lines;
      if (!CountLine(parser_->Parse(line), *parser_, Where(), reading)) continue;
      for (const SpanRecord& record : parser_->records()) time_ = std::max(time_, record.OrderTime());
      return true;
    }
  }
  [[nodiscard]] const std::vector<SpanRecord>& records() const { return parser_->records(); }
  [[nodiscard]] std::int64_t time() const { return time_; }

 private:
  [[nodiscard]] std::string Where() const {
    return file_.path() + ":" + std::to_string(file_.line_number()) +
           (file_.is_cut() ? " (the last line, without an end)" : "");
  }
  LineSource file_;
  std::unique_ptr<LineParser> parser_;
  std::int64_t time_ = kUnknownTime;  // of the latest line so far: within a log, its order counts
};

support::Error NoSpans(const Reading& reading) {
  std::string text = "no spans in " + support::FormatCount(reading.lines) + (reading.lines == 1 ? " line" : " lines");
  if (reading.broken_lines > 0) text += ", " + support::FormatCount(reading.broken_lines) + " of them no JSON";
  if (!reading.problems.empty()) text += " (" + reading.problems.front() + ")";
  for (const std::string& damage : reading.damaged_logs) text += "; " + damage;
  if (reading.without_service > 0) {
    text += "; " + support::FormatCount(reading.without_service) +
            " spans do not say their service; name its key with --field service=KEY";
  } else {
    text += "; a span has at least a trace id, a span id and a service; name their keys with --field";
  }
  return {support::ErrorCode::kCannotMeasure, text, ""};
}

}  // namespace

support::Result<Topology> ReadLogs(const std::vector<std::string>& paths, const ReadOptions& options) {
  Reading reading;
  std::vector<Source> sources;
  for (const std::string& path : paths) {
    support::Result<LineSource> file = LineSource::Open(path);
    if (!file) return file.error();
    sources.emplace_back(std::move(file).value(), options.names);
  }
  reading.files = static_cast<std::int64_t>(sources.size());
  const auto is_later = [&](std::size_t a, std::size_t b) {
    return sources[a].time() != sources[b].time() ? sources[a].time() > sources[b].time() : a > b;
  };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(is_later)> next(is_later);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i].Advance(reading)) next.push(i);
  }
  TopologyBuilder builder(options.window);
  while (!next.empty()) {
    const std::size_t at = next.top();
    next.pop();
    for (const SpanRecord& record : sources[at].records()) builder.Add(record);
    if (sources[at].Advance(reading)) next.push(at);
  }
  Topology topology = builder.Finish(std::move(reading));
  if (topology.reading.spans == 0) return NoSpans(topology.reading);
  return topology;
}

Topology ReadText(std::string_view text, const ReadOptions& options) {
  Reading reading;
  TopologyBuilder builder(options.window);
  LineParser parser(options.names);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (IsBlank(line)) continue;
    ++reading.lines;
    if (!CountLine(parser.Parse(line), parser, "line " + std::to_string(reading.lines), reading)) continue;
    for (const SpanRecord& record : parser.records()) builder.Add(record);
  }
  return builder.Finish(std::move(reading));
}

}  // namespace mqtrack::topology
