#include <optional>

#include "cli/command.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/output.h"
#include "cli/targets/running_target.h"
#include "cli/targets/watching.h"
#include "libtrack/hunt/census.h"
#include "libtrack/log/reader.h"
#include "libtrack/procfs/proc_status.h"
#include "libtrack/stress/load_loop.h"
#include "libtrack/stress/ready_scenarios.h"
#include "libtrack/stress/scenario.h"
#include "libtrack/support/ascii.h"
#include "libtrack/support/file.h"
#include "libtrack/support/words.h"
#include "reports/stress/stress_comparison.h"
#include "reports/stress/stress_json.h"
#include "reports/stress/stress_text.h"

namespace mqtrack::cli {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

class StressCommand final : public Command {
 public:
  HelpText Help() const override {
    std::string ready;
    for (const stress::ReadyScenario& one : stress::ReadyScenarios())
      ready += (ready.empty() ? "" : "; ") + std::string(one.name) + ": " + one.what;
    return {
        "stress BROKER [SCENARIO] [options]",
        "Puts a broker under load, stage by stage, from one process. Each action has its moment, and does not wait for "
        "the "
        "answer to another; how long an answer took is counted from that moment, so a broker that stands still shows. "
        "What came late, was dropped or failed is counted.\n\n"
        "SCENARIO is a file, or one of these. " +
            ready +
            ".\n\n"
            "With --target the broker's live heap, resident memory, threads and descriptors stand beside each stage. "
            "docs/stress.md describes the files.",
        {{"mqtrack stress :1883", "many publish, one subscribes"},
         {"mqtrack stress :1883 connect-storm --clients 10000 --target mosquitto", "memory for each session"},
         {"mqtrack stress :1883 fan-out --rate 500 --for 30 --json -o before.json", "to be compared with"},
         {"mqtrack stress :1883 fan-out --rate 500 --for 30 --base before.json", "after the repair"},
         {"mqtrack stress --print offline-backlog", "a file to begin with"}},
        {{"0", "played; with --base: not worse"},
         {"1", "worse than --base"},
         {"2", "wrong usage, or a scenario that is none"},
         {"3", "cannot measure: nothing that was begun was answered, or the load was ended early, as by ^C"}}};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("BROKER", broker_, "HOST:PORT, mqtt://, mqtts://, ws://, wss:// or unix:PATH");
    app.add_option("SCENARIO", scenario_, "A file, or the name of a ready one (default fan-in)");
    const std::string load = "Load";
    AddCount(app, "--clients", clients_, "Of a ready scenario (default 100)", 1, 1'000'000)->group(load);
    AddCount(app, "--rate", rate_, "Messages, or connections, a second of a ready scenario (default 1000)", 1,
             10'000'000)
        ->group(load);
    AddCount(app, "--for", seconds_, "Seconds of a ready scenario's main stage (default 10)", 1, 86'400)->group(load);
    seed_option_ = AddCount(app, "--seed", seed_, "In which order clients act (default 1)", 0)->group(load);
    app.add_flag("--resume", resume_, "TLS: offer the session of the last connection")->group(load);
    AddText(app, "--ca-file", ca_file_, "FILE", "TLS: believe only whom these certificates vouch for")->group(load);
    app.add_flag("--allow-remote", allow_remote_, "Also attack a broker on another machine")->group(load);
    AddText(app, "--print", print_, "NAME", "Print a ready scenario, and play none")->group(load);
    const std::string broker = "Broker's memory";
    AddText(app, "--target", target_, "TARGET", "It is this recorded process")->group(broker);
    AddText(app, "--log-dir", log_dir_, "DIR", "Look for its log in DIR, not in /dev/shm/mqtrack-UID")->group(broker);
    const std::string output = "Output";
    AddFormat(app, format_, {"text", "json"}, "How to print it", output);
    AddText(app, "-o,--output", output_, "FILE", "Write to FILE; - is standard output")->group(output);
    AddText(app, "--base", base_, "FILE", "Compare with this result (JSON) of the same scenario")->group(output);
    AddCount(app, "--tolerance", tolerance_, "With --base: percent by which a figure may be worse (default 25)", 0,
             10'000)
        ->group(output);
  }

  Result<int> Run() override {
    if (!print_.empty()) return PrintReady();
    if (broker_.empty())
      return Error{ErrorCode::kBadInput, "name the broker, as in: mqtrack stress 127.0.0.1:1883", "BROKER"};
    Result<stress::Scenario> scenario = LoadScenario();
    if (!scenario) return scenario.error();
    if (seed_option_->count() != 0) scenario->seed = static_cast<std::uint64_t>(seed_);
    Result<stress::LoadOptions> options = Options();
    if (!options) return options.error();
    const Result<std::string> base = ReadBase(*scenario);
    if (!base) return base.error();
    if (const Status fits = CheckFileName(format_, output_); !fits) return fits.error();
    if (const Status writable = CheckWritable(output_); !writable) return writable.error();
    const InterruptNoted noted;
    const Result<stress::StressResult> result = stress::PlayScenario(*scenario, *options);
    if (!result) return result.error();
    return Report(*result, *base);
  }

 private:
  [[nodiscard]] Result<stress::Scenario> LoadScenario() const {
    const std::string name = scenario_.empty() ? "fan-in" : scenario_;
    const std::string ready = stress::ReadyJson(name, clients_, rate_, seconds_);
    if (!ready.empty()) {
      Result<stress::Scenario> scenario = stress::ParseScenario(ready, name);
      if (scenario) scenario->name = name;
      return scenario;
    }
    const Result<std::string> text = support::ReadFile(name);
    if (!text && text.error().code != ErrorCode::kNotFound) return text.error();
    if (!text) {
      std::vector<std::string> names;
      for (const stress::ReadyScenario& one : stress::ReadyScenarios()) names.emplace_back(one.name);
      return Error{ErrorCode::kNotFound, "is neither a file nor a ready scenario" + support::DidYouMean(name, names),
                   name};
    }
    Result<stress::Scenario> scenario = stress::ParseScenario(*text, name);
    if (scenario && scenario->name.empty()) scenario->name = name;
    return scenario;
  }

  /// Checked before the load, which may take hours. Empty without --base.
  [[nodiscard]] Result<std::string> ReadBase(const stress::Scenario& scenario) const {
    if (base_.empty()) return std::string();
    Result<std::string> base = support::ReadFile(base_);
    if (!base) return base;
    if (const Status fits = reports::CheckStressBase(*base, base_, scenario); !fits) return fits.error();
    return base;
  }

  [[nodiscard]] Result<int> PrintReady() const {
    const std::string json = stress::ReadyJson(print_, clients_, rate_, seconds_);
    if (json.empty()) return Error{ErrorCode::kNotFound, "no ready scenario is so called", "--print " + print_};
    if (const Status printed = Print(json + "\n"); !printed) return printed.error();
    return kSuccess;
  }

  [[nodiscard]] Result<stress::LoadOptions> Options() {
    stress::LoadOptions options;
    Result<mqtt::Endpoint> endpoint = mqtt::ParseEndpoint(broker_);
    if (!endpoint) return endpoint.error();
    if (const Status reach = mqtt::CheckReach(*endpoint, allow_remote_); !reach) return reach.error();
    options.endpoint = *std::move(endpoint);
    if (options.endpoint.tls) {
      mqtt::TlsOptions tls;
      tls.ca_file = ca_file_;
      tls.resume = resume_;
      auto context = mqtt::TlsContext::Make(tls);
      if (!context) return context.error();
      options.tls = *context;
    }
    options.is_interrupted = &InterruptNoted::IsInterrupted;
    options.stage_ended = [this](const stress::StageResult& stage) { messages().Note(reports::StageLine(stage)); };
    if (!target_.empty()) {
      Result<process::RecordedProcess> process = FindMeasurable(target_, log_dir_);
      if (!process) return process.error();
      process_ = *std::move(process);
      options.look = [this] { return Look(); };
    }
    return options;
  }

  [[nodiscard]] std::optional<stress::Holding> Look() const {
    const Result<log::LogReader> reader = log::LogReader::Open(process_->log_path, support::MappedFile::Access::kRead);
    if (!reader) return std::nullopt;
    const Result<log::LogContent> content = reader->Read(true, log::Blocks::kSummed);
    if (!content) return std::nullopt;
    const hunt::Census census = hunt::CountLive(*content);
    stress::Holding holding;
    holding.live_bytes = census.Total(log::Kind::kHeapBlock).bytes;
    holding.live_objects = census.Total(log::Kind::kHeapBlock).objects;
    holding.threads = census.Total(log::Kind::kThread).objects;
    holding.descriptors = census.Total(log::Kind::kDescriptor).objects;
    if (const auto status = procfs::ReadProcStatus(process_->where.pid))
      holding.resident_bytes = static_cast<std::int64_t>(status->resident_bytes);
    return holding;
  }

  /// The result is written first: what a comparison says of it, or why there is none, must not cost it.
  [[nodiscard]] Result<int> Report(const stress::StressResult& result, const std::string& base) const {
    const bool as_json = format_ == "json";
    const std::string json = reports::RenderStressJson(result);
    std::string text = as_json ? json : reports::RenderStressText(result);
    std::optional<Error> not_compared;
    int code = kSuccess;
    if (!base.empty()) {
      const Result<reports::StressComparison> comparison = Compare(result, base, json);
      if (!comparison) not_compared = comparison.error();
      if (comparison && !as_json) text += ComparisonText(*comparison);
      if (comparison && as_json) messages().Note((comparison->HasWorse() ? "worse than " : "not worse than ") + base_);
      if (comparison && comparison->HasWorse()) code = kLimitExceeded;
    }
    if (IsStandardOutput(output_) && !as_json) text = support::ForLocale(std::move(text));
    if (const Status written = WriteResult(output_, text); !written) return written.error();
    std::int64_t planned = 0, done = 0;
    for (const stress::StageResult& stage : result.stages) planned += stage.planned, done += stage.done;
    if (planned > 0 && done == 0)
      return Error{ErrorCode::kCannotMeasure, "nothing that was begun was answered: is a broker there?", broker_};
    if (not_compared) return *not_compared;
    if (result.is_interrupted)
      return Error{ErrorCode::kCannotMeasure, "the load was ended early: what was not begun has not failed", broker_};
    return code;
  }

  [[nodiscard]] std::string ComparisonText(const reports::StressComparison& comparison) const {
    const bool to_screen = IsStandardOutput(output_);
    return reports::RenderComparisonText(comparison, to_screen ? TerminalColumns() : 0, to_screen && ColourWanted());
  }

  [[nodiscard]] Result<reports::StressComparison> Compare(const stress::StressResult& result, const std::string& base,
                                                          const std::string& json) const {
    if (result.is_interrupted)
      return Error{ErrorCode::kCannotMeasure, "is not compared with: the load was ended early", "--base " + base_};
    return reports::CompareStress(base, base_, json, static_cast<double>(tolerance_) / 100);
  }

  std::string broker_, scenario_, target_, log_dir_, ca_file_, print_, format_ = "text", output_, base_;
  std::int64_t clients_ = 100, rate_ = 1000, seconds_ = 10, seed_ = 1, tolerance_ = 25;
  bool allow_remote_ = false, resume_ = false;
  CLI::Option* seed_option_ = nullptr;
  std::optional<process::RecordedProcess> process_;
};

}  // namespace

std::unique_ptr<Command> MakeStressCommand() { return std::make_unique<StressCommand>(); }

}  // namespace mqtrack::cli
