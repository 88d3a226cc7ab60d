#include "cli/command.h"
#include "cli/looking/holder_profile.h"
#include "cli/options/option_types.h"
#include "cli/options/profile_options.h"
#include "cli/options/report_format.h"
#include "cli/output.h"
#include "cli/targets/capture.h"
#include "cli/targets/input.h"
#include "cli/targets/looked_at.h"
#include "cli/targets/running_target.h"
#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/corefile/core_file.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/holder_frames.h"
#include "libtrack/profile/merge.h"
#include "libtrack/verdicts/row_verdicts.h"
#include "reports/callgraph/call_graph.h"
#include "reports/callgraph/graph_layout.h"
#include "reports/flame/flame_svg.h"
#include "reports/flame/folded.h"
#include "reports/holders/holders_dot.h"
#include "reports/holders/holders_json.h"
#include "reports/words/filter_words.h"
#include "reports/words/verdict_words.h"

namespace mqtrack::cli {
namespace {

class ReportCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "report FILE [--base OLD] [--format FORMAT] -o OUT [options]",
        "Draws what is alive, or with --base what changed, and prints the name of the file it wrote.\n\n"
        "flame is an interactive flame graph in one SVG file that any browser opens: hover, click to zoom, search. "
        "graph is a call graph with pprof's conventions, as SVG, PDF, PNG or DOT by OUT's extension; svg, pdf, png "
        "and dot ask for that file type. text, json and markdown are the tables of mqtrack top and diff, folded "
        "the stacks "
        "for other flame graph tools. Without --format, OUT's extension decides where it can.\n\n"
        "holders shows who holds what is alive, as mqtrack owners and why say, of a running recorded process: as a "
        "graph (SVG, PDF, PNG or DOT), as JSON, or as a profile (.pb.gz) whose stacks are holders, for every viewer "
        "of profiles, and for this command again; by OUT's extension. holders-flame is the same as a flame graph: "
        "whose it is, by which objects it is held, who made it.\n\n"
        "In a comparison, red grew; blue shrank, in a call graph green.",
        {{"mqtrack report after.pb.gz --base before.pb.gz --format flame -o leak.svg", ""},
         {"mqtrack report after.pb.gz --format graph -o heap.svg", ""},
         {"mqtrack report mosquitto -o heap.pdf", "the running broker, as a call graph"},
         {"mqtrack report mosquitto --tag-root mqtt_client --format flame -o whose.svg", "by who caused it"},
         {"mqtrack report after.pb.gz --by alloc_space --format flame -o churn.svg",
          "what allocated the most since the start"},
         {"mqtrack report mosquitto --format holders -o holders.svg", "who holds whom in the running broker"},
         {"mqtrack report mosquitto --format holders -o holders.pb.gz", "the same for go tool pprof -http"}},
        UsualExits()};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("FILE", file_, kTargetHelp)->required();
    const std::string group = "Output";
    AddText(app, "--base", base_, "OLD", "Show what changed since OLD instead")->group(group);
    AddFormat(app, format_, ReportFormatNames(), "What to draw", group);
    AddText(app, "-o,--output", output_, "OUT", "Write to OUT; - is standard output")->group(group);
    const std::string pictures = "Pictures";
    AddText(app, "--title", title_, "TEXT", "Title of the picture")->group(pictures);
    AddCount(app, "--width", width_px_, "Width of a flame graph in pixels (default 1200)", 300, 100000)
        ->group(pictures);
    AddCount(app, "--nodes", nodes_, "Draw the N biggest nodes of a call graph (default 80)", 1, 100000)
        ->group(pictures);
    looking_.AddTo(app);
    rows_.AddTo(app);
    selection_.AddTo(app);
    loading_.AddTo(app);
  }

  support::Result<int> Run() override {
    const support::Result<ReportFormat> format = ChooseReportFormat(format_, output_);
    if (!format) return format.error();
    if (format->family == FormatFamily::kHolders || format->family == FormatFamily::kHoldersFlame)
      return WriteHolders(*format);
    const support::Result<Input> input = LoadInput(file_, base_, loading_, selection_, messages());
    if (!input) return input.error();
    const support::Result<std::string> content = Render(format.value(), input.value());
    if (!content) return content.error();
    return Write(*format, *content);
  }

 private:
  [[nodiscard]] support::Result<int> Write(const ReportFormat& format, const std::string& content) const {
    const support::Status written =
        format.is_text() ? WriteResult(output_, content) : WriteBinaryResult(output_, content);
    if (!written) return written.error();
    if (IsStandardOutput(output_)) return kSuccess;
    const support::Status printed = Print(output_ + "\n");
    if (!printed) return printed.error();
    return kSuccess;
  }

  /// A file that was written so before, or a look at a running process.
  [[nodiscard]] support::Result<profile::Profile> LoadHolders(const std::string& target) const {
    // A log is a file too, of a process that may run.
    const bool is_url = target.find("://") != std::string::npos;
    const bool is_memory = !is_url && (corefile::CoreFile::LooksLikeOne(target) || process::OpenLog(target));
    if (snapshot::IsFileOrUrl(target) && !is_memory) return loading_.Load(target);
    const snapshot::Options options = loading_.ForLooking();
    const support::Result<analysis::WrapperList> wrappers = selection_.Wrappers();
    if (!wrappers) return wrappers.error();
    LookedAt looked_at(target, looking_);
    const support::Result<process::RecordedProcess> process = looked_at.Find(options.log_dir, LookedAt::Moment::kAny);
    if (!process) return process.error();
    support::Result<profile::Profile> profile = LookForHolders(*process, looked_at.ForCapture(), options, *wrappers);
    if (!profile) return profile;
    for (const std::string& note : looked_at.Notes(false, 0)) profile::AddFact(*profile, "note", note);
    return profile;
  }

  [[nodiscard]] support::Result<int> WriteHolders(const ReportFormat& format) const {
    support::Result<profile::Profile> newer = LoadHolders(file_);
    if (!newer) return newer.error();
    support::Result<profile::Profile> base = profile::Profile();
    if (!base_.empty()) base = LoadHolders(base_);
    if (!base) return base.error();
    for (const profile::Profile* each : {&*newer, &*base}) {
      const bool is_asked = each == &*newer || !base_.empty();
      if (is_asked && !profile::IsOfHolders(*each))
        return support::Error{support::ErrorCode::kBadInput,
                              "says who made the blocks, not who holds them: name a running recorded process, or a "
                              "file that mqtrack report --format holders has written",
                              each == &*newer ? file_ : base_};
    }
    PrintCaptureNotes(*newer, file_, messages());
    const support::Result<std::string> content = RenderHolders(format, *newer, base_.empty() ? nullptr : &*base);
    if (!content) return content.error();
    return Write(format, *content);
  }

  [[nodiscard]] support::Result<std::string> RenderHolders(const ReportFormat& format, const profile::Profile& newer,
                                                           const profile::Profile* base) const {
    if (format.family == FormatFamily::kHoldersFlame) {
      reports::FlameOptions options;
      options.title = title_;
      options.sample_type = selection_.sample_type();
      options.width_px = static_cast<int>(width_px_);
      return reports::RenderFlameSvg(newer, base, analysis::WrapperList(), options);
    }
    profile::Profile difference;
    if (base != nullptr) {
      support::Result<profile::Profile> subtracted = profile::Subtract(newer, *base);
      if (!subtracted) return subtracted.error();
      difference = std::move(*subtracted);
    }
    const profile::Profile& shown = base != nullptr ? difference : newer;
    if (format.name == "pprof") return profile::EncodePprof(shown);
    if (format.name == "json") return reports::RenderHoldersJson(shown, file_);
    support::Result<std::string> dot = reports::RenderHoldersDot(shown, {title_, static_cast<int>(nodes_)});
    if (!dot || format.name == "dot") return dot;
    return reports::LayOut(dot.value(), format.name);
  }

  [[nodiscard]] support::Result<std::string> Render(const ReportFormat& format, const Input& input) const {
    if (format.family == FormatFamily::kFlame || format.family == FormatFamily::kFolded) {
      return RenderFlame(format.family, input);
    }
    if (format.family == FormatFamily::kGraph) return RenderGraph(format.name, input);
    const support::Result<analysis::SiteTable> table = MakeTable(input, selection_, rows_, messages());
    if (!table) return table.error();
    return RenderTable(table.value(), input, rows_, format.name, IsStandardOutput(output_));
  }

  /// Of a difference, for the legend.
  [[nodiscard]] std::string Verdicts(const Input& input) const {
    if (!input.base) return {};
    analysis::SiteOptions by_function;
    by_function.sample_type = selection_.sample_type();
    support::Result<analysis::SiteTable> table =
        analysis::DiffSites(*input.base, input.newer, input.wrappers, by_function);
    if (!table) return {};
    verdicts::JudgeRows(&*input.base, input.newer, input.wrappers, input.expectations, *table);
    return reports::VerdictLegend(*table);
  }

  [[nodiscard]] support::Result<std::string> RenderFlame(FormatFamily family, const Input& input) const {
    reports::FlameOptions options;
    options.title = title_;
    options.kept = reports::FilterSentence(selection_.filter());
    options.sample_type = selection_.sample_type();
    options.width_px = static_cast<int>(width_px_);
    options.verdicts = Verdicts(input);
    if (family == FormatFamily::kFolded) return reports::RenderFolded(input.newer, input.base_or_null(), options);
    return reports::RenderFlameSvg(input.newer, input.base_or_null(), input.wrappers, options);
  }

  [[nodiscard]] support::Result<std::string> RenderGraph(const std::string& file_type, const Input& input) const {
    reports::GraphOptions options;
    options.title = title_;
    options.kept = reports::FilterSentence(selection_.filter());
    options.sample_type = selection_.sample_type();
    options.max_nodes = static_cast<int>(nodes_);
    options.verdicts = Verdicts(input);
    support::Result<std::string> dot = reports::RenderDot(input.newer, input.base_or_null(), input.wrappers, options);
    if (!dot || file_type == "dot") return dot;
    return reports::LayOut(dot.value(), file_type);
  }

  std::string file_, base_, output_, format_, title_;
  std::int64_t width_px_ = 1200, nodes_ = 80;
  LookingOptions looking_;
  LoadOptions loading_;
  SelectionOptions selection_;
  RowOptions rows_;
};

}  // namespace

std::unique_ptr<Command> MakeReportCommand() { return std::make_unique<ReportCommand>(); }

}  // namespace mqtrack::cli
