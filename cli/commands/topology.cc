#include <algorithm>
#include <optional>

#include "cli/command.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/output.h"
#include "libtrack/support/ascii.h"
#include "libtrack/support/words.h"
#include "libtrack/topology/comparison.h"
#include "libtrack/topology/read_logs.h"
#include "libtrack/topology/topology_checks.h"
#include "reports/callgraph/graph_layout.h"
#include "reports/topology/reading_words.h"
#include "reports/topology/topology_dot.h"
#include "reports/topology/topology_json.h"
#include "reports/topology/topology_text.h"

namespace mqtrack::cli {
namespace {

constexpr std::int64_t kDefaultRows = 20;

class TopologyCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "topology LOG... [--base OLD] [--fail-on CHECK] [--format FORMAT] [-o OUT]",
        "Reads structured logs of services, one JSON object a line, and tells who calls whom: each service's visits "
        "and its own time, each call and message between two services with its count, errors, median and 99th "
        "percentile, circles, and spans whose cause is not in the logs. A span needs a trace id, a span id and the "
        "service's name; a parent's span id and times make it useful. Keys of OpenTelemetry (also the lines that "
        "its file exporter writes), of Elastic's common schema, Zipkin's and plain ones such as trace_id, span_id, "
        "parent_span_id, service_name, duration_ms are known; --field names others.\n\n"
        "Give the logs of all services at once: they are read side by side, in the order of their times, compressed "
        "by gzip or not; - is standard input. Memory does not grow with them: of the spans the latest are "
        "remembered, see --window.\n\n"
        "CHECK is " +
            support::Join(topology::CheckForms()) +
            ". A circle is new, or a call slower, against --base. If more than 1 % of the lines are no JSON, or so "
            "many spans did not find their parent in the window, nothing passes.",
        {{"mqtrack topology gateway.jsonl store.jsonl telemetry.jsonl", ""},
         {"mqtrack topology logs/*.jsonl.gz --format svg -o services.svg", "a picture, with circles in red"},
         {"mqtrack topology new.jsonl --base old.jsonl --fail-on new-cycle --fail-on p99=250ms", "for a CI job"},
         {"journalctl -o cat -u 'iot-*' | mqtrack topology -", "lines that are no JSON are counted"},
         {"mqtrack topology app.jsonl --field trace=req.id --field duration=took:us", "keys of your own"}},
        {{"0", "good: no check failed"},
         {"1", "a check failed"},
         {"2", "wrong options, or a log that cannot be read"},
         {"3", "there was no span, or too much is missing to check anything"}}};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("LOG", logs_, "Structured logs, one JSON object a line; - is standard input")->required();
    AddTexts(app, "--base", bases_, "OLD", "Compare with this log; may be given for each of several")->group("Judging");
    AddTexts(app, "--fail-on", checks_, "CHECK", "Exit with 1 if this is so; may be given more than once")
        ->group("Judging");
    AddTexts(app, "--field", fields_, "NAME=KEY",
             "Where NAME stands in a line: a key, or names joined by dots. NAME is " +
                 support::Join(topology::FieldNames::Names()))
        ->group("Reading");
    AddChoice(app, "--duration-unit", unit_, {"ns", "us", "ms", "s"}, "UNIT",
              "Of durations whose key does not say it, such as \"duration\"")
        ->group("Reading");
    AddCount(app, "--window", window_,
             "Remember N spans (default 1000000, about 150 MB): how far apart a span and its parent may be logged",
             1000, 200'000'000)
        ->group("Reading");
    std::vector<std::string> formats = {"text", "json"};
    for (const std::string& name : GraphTypes()) formats.push_back(name);
    AddFormat(app, format_, formats, "How to write it", "Output");
    AddText(app, "-o,--output", output_, "OUT", "Write to OUT; - is standard output")->group("Output");
    AddCount(app, "-n,--rows", rows_, "Show the N first services and edges; 0 shows all (default 20; a picture: 200)")
        ->group("Output");
  }

  support::Result<int> Run() override {
    if (const support::Status fits = CheckFileName(format_, output_); !fits) return fits.error();
    if (const support::Status writable = CheckWritable(output_); !writable) return writable.error();
    const support::Result<topology::ReadOptions> options = Options();
    if (!options) return options.error();
    const support::Result<std::vector<topology::Check>> checks = Checks();
    if (!checks) return checks.error();
    const support::Result<topology::Topology> now = topology::ReadLogs(logs_, options.value());
    if (!now) return now.error();
    std::optional<topology::Topology> base;
    if (!bases_.empty()) {
      support::Result<topology::Topology> read = topology::ReadLogs(bases_, options.value());
      if (!read) return support::Error{read.error().code, "the base has " + read.error().ToString(), "--base"};
      base = std::move(read).value();
    }
    std::optional<topology::Comparison> comparison;
    if (base) comparison = topology::Compare(now.value(), *base);
    const topology::Comparison* const compared = comparison ? &*comparison : nullptr;
    const topology::Judgement judgement = topology::Judge(checks.value(), now.value(), compared);
    const reports::TopologyReport report{&now.value(), base ? &*base : nullptr, compared,
                                         checks->empty() ? nullptr : &judgement};
    if (const support::Status written = Write(report); !written) return written.error();
    if (!judgement.not_measured.empty()) return kCannotMeasure;
    return judgement.findings.empty() ? kSuccess : kLimitExceeded;
  }

 private:
  static std::vector<std::string> GraphTypes() {
    std::vector<std::string> types = FormatNames(FormatFamily::kGraph);
    std::erase(types, "graph");
    return types;
  }

  [[nodiscard]] support::Result<topology::ReadOptions> Options() const {
    topology::ReadOptions options;
    options.names.SetDurationUnit(topology::FieldNames::UnitByName(unit_));
    for (const std::string& field : fields_) {
      if (const support::Status set = options.names.Set(field); !set) return set.error();
    }
    options.window = static_cast<std::size_t>(window_);
    if (std::count(logs_.begin(), logs_.end(), "-") + std::count(bases_.begin(), bases_.end(), "-") > 1)
      return support::Error{support::ErrorCode::kBadInput, "standard input can be read once", "-"};
    return options;
  }

  [[nodiscard]] support::Result<std::vector<topology::Check>> Checks() const {
    std::vector<topology::Check> checks;
    for (const std::string& text : checks_) {
      support::Result<topology::Check> check = topology::ParseCheck(text);
      if (!check) return check.error();
      if (NeedsBase(check.value()) && bases_.empty())
        return support::Error{support::ErrorCode::kBadInput, "'" + text + "' compares with a base; add --base OLD",
                              "--fail-on"};
      checks.push_back(std::move(check).value());
    }
    return checks;
  }

  [[nodiscard]] support::Status Write(const reports::TopologyReport& report) const {
    const bool to_screen = IsStandardOutput(output_);
    if (format_ == "json") return WriteResult(output_, reports::RenderTopologyJson(report));
    if (format_ == "text") {
      reports::TopologyTextOptions options;
      options.rows = static_cast<std::size_t>(rows_ < 0 ? kDefaultRows : rows_);
      options.colour = to_screen && ColourWanted();
      options.width_columns = to_screen ? TerminalColumns() : 0;
      const std::string text = reports::RenderTopologyText(report, options);
      return WriteResult(output_, to_screen ? support::ForLocale(text) : text);
    }
    TellVerdict(report);
    const std::string dot =
        reports::RenderTopologyDot(report, static_cast<std::size_t>(rows_ < 0 ? kDefaultRows * 10 : rows_));
    if (format_ == "dot") return WriteResult(output_, dot);
    const support::Result<std::string> picture = reports::LayOut(dot, format_);
    if (!picture) return picture.error();
    return format_ == "svg" ? WriteResult(output_, picture.value()) : WriteBinaryResult(output_, picture.value());
  }

  // A picture does not show what was checked.
  void TellVerdict(const reports::TopologyReport& report) const {
    for (const std::string& loss : reports::LossWords(report.topology->reading)) messages().Warn(loss);
    if (report.judgement == nullptr) return;
    for (const auto& finding : report.judgement->findings) messages().Warn(finding.check + ": " + finding.sentence);
    for (const std::string& reason : report.judgement->not_measured) messages().Warn("cannot measure: " + reason);
  }

  std::vector<std::string> logs_, bases_, checks_, fields_;
  std::string format_ = "text", output_, unit_ = "ms";
  std::int64_t window_ = static_cast<std::int64_t>(topology::kDefaultWindow), rows_ = -1;
};

}  // namespace

std::unique_ptr<Command> MakeTopologyCommand() { return std::make_unique<TopologyCommand>(); }

}  // namespace mqtrack::cli
