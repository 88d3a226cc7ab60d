#include <chrono>
#include <filesystem>
#include <set>
#include <system_error>

#include "cli/command.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/options/profile_options.h"
#include "cli/output.h"
#include "libtrack/figures/exposition.h"
#include "libtrack/figures/figures_json.h"
#include "libtrack/figures/read_figures.h"
#include "libtrack/process/discovery.h"
#include "libtrack/snapshot/load_target.h"
#include "libtrack/support/unix_time.h"

namespace mqtrack::cli {
namespace {

using support::Result;

class MetricsCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "metrics TARGET... [--format FORMAT] [-o FILE] [options]",
        "Prints the figures of a service once, as Prometheus reads them: what the kernel says of the process, every "
        "sample type, MQTT packets and what a broker holds, the recorder's losses and its log. The process is not "
        "stopped. A figure that is not known is left out, never 0. Of several TARGETs each has its name in the "
        "label \"process\". docs/metrics.md lists every name.\n\n"
        "For a scraper that comes again and again there is mqtrack serve.",
        {{"mqtrack metrics mosquitto", ""},
         {"mqtrack metrics mosquitto --format json", "for scripts"},
         {"mqtrack metrics mosquitto -o /var/lib/node_exporter/mosquitto.prom --format prometheus",
          "for node_exporter's textfile collector"},
         {"mqtrack metrics http://127.0.0.1:6060", "of a Go service"},
         {"mqtrack metrics --list", "every name and what it means"}},
        UsualExits()};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("TARGET", targets_, kTargetHelp);
    AddFormat(app, format_, {"openmetrics", "prometheus", "json"}, "How to print them", "Output");
    AddText(app, "-o,--output", output_, "FILE", "Write to FILE; - is standard output")->group("Output");
    AddCount(app, "--sites", sites_, "Also tell live bytes of the N biggest functions, which reads symbols", 0, 100)
        ->type_name("N")
        ->group("Output");
    app.add_flag("--list", list_, "List every figure there is: name, type, unit, labels, meaning")->group("Output");
    loading_.AddTo(app);
  }

  Result<int> Run() override {
    if (list_) return Finish(List());
    if (targets_.empty()) {
      return support::Error{support::ErrorCode::kBadInput, "name a service: mqtrack metrics TARGET", "TARGET"};
    }
    if (const support::Status fits = CheckFileName(format_, output_); !fits) return fits.error();
    Result<std::vector<figures::TargetFigures>> read = Read();
    if (!read) return read.error();
    if (format_ == "json") return Finish(figures::RenderFiguresJson(*read, support::UnixNanosNow()));
    return Finish(figures::RenderExposition(
        *read, format_ == "prometheus" ? figures::Exposition::kPrometheus : figures::Exposition::kOpenMetrics));
  }

 private:
  [[nodiscard]] Result<std::vector<figures::TargetFigures>> Read() const {
    const figures::ReadOptions options{loading_.ForLooking(), static_cast<std::size_t>(sites_)};
    std::vector<figures::TargetFigures> all;
    std::set<std::string> known;
    for (const std::string& target : targets_) {
      if (!known.insert(Identity(target, options.loading.log_dir)).second) continue;
      Result<figures::TargetFigures> read = figures::ReadFigures(target, options);
      if (!read) return read.error();
      for (const figures::TargetFigures& other : all) {
        // Two of one name: the later one by what the user called it.
        if (other.process == read->process) read->process += " " + target;
      }
      all.push_back(*std::move(read));
    }
    return all;
  }

  /// The same for all that one service may be called by: its pid, its name, its log.
  [[nodiscard]] static std::string Identity(const std::string& target, const std::string& log_dir) {
    std::string path = target;
    if (!snapshot::IsFileOrUrl(target)) {
      const Result<process::RecordedProcess> process = process::FindRecorded(target, log_dir);
      if (process) path = process->log_path;
    }
    std::error_code error;
    const std::filesystem::path canonical = std::filesystem::canonical(path, error);
    return error ? path : canonical.string();
  }

  /// A table of Markdown, which docs/metrics.md holds.
  [[nodiscard]] static std::string List() {
    std::string table = "| name | type | unit | labels | meaning |\n|---|---|---|---|---|\n";
    for (const figures::FigureKind& kind : figures::FigureKinds()) {
      table += "| `" + kind.SampleName() + "` | " + std::string(figures::TypeName(kind.type)) + " | " + kind.unit +
               " | " + kind.labels + " | " + kind.meaning + " |\n";
    }
    return table;
  }

  [[nodiscard]] Result<int> Finish(const std::string& text) const {
    const support::Status written = WriteResult(output_, text);
    if (!written) return written.error();
    return kSuccess;
  }

  std::vector<std::string> targets_;
  std::string format_ = "openmetrics", output_;
  std::int64_t sites_ = 0;
  bool list_ = false;
  LoadOptions loading_;
};

}  // namespace

std::unique_ptr<Command> MakeMetricsCommand() { return std::make_unique<MetricsCommand>(); }

}  // namespace mqtrack::cli
