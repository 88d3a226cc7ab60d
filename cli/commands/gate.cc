#include "libtrack/analysis/gate/gate.h"

#include <filesystem>
#include <optional>

#include "cli/command.h"
#include "cli/looking/heap_looks.h"
#include "cli/options/gate_output.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/options/profile_options.h"
#include "cli/output.h"
#include "cli/targets/base_folder.h"
#include "cli/targets/exit_snapshots.h"
#include "cli/targets/gate_targets.h"
#include "cli/targets/input.h"
#include "cli/targets/running_target.h"
#include "cli/targets/verdict_checks.h"
#include "libtrack/analysis/culprit/allocation_layers.h"
#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/gate/gate_layers.h"
#include "libtrack/analysis/gate/gate_series.h"
#include "libtrack/analysis/gate/lost_part.h"
#include "libtrack/profile/same_names.h"
#include "libtrack/support/ascii.h"
#include "libtrack/support/units.h"
#include "libtrack/support/words.h"
#include "reports/gate/gate_formats.h"
#include "reports/gate/gate_report_options.h"
#include "reports/gate/several_gates.h"
#include "reports/words/filter_words.h"

namespace mqtrack::cli {
namespace {

int ExitCodeOf(analysis::Verdict verdict) {
  switch (verdict) {
    case analysis::Verdict::kPass:
      return kSuccess;
    case analysis::Verdict::kFail:
      return kLimitExceeded;
    case analysis::Verdict::kCannotMeasure:
      return kCannotMeasure;
  }
  return kCannotMeasure;
}

std::string VerdictWords(analysis::Verdict verdict) {
  switch (verdict) {
    case analysis::Verdict::kPass:
      return "the gate passed";
    case analysis::Verdict::kFail:
      return "the gate failed: a limit was exceeded";
    case analysis::Verdict::kCannotMeasure:
      break;
  }
  return "the gate did not pass: it cannot measure";
}

/// The folder in which a CI job's checkout is; empty if it is gone.
std::string CurrentFolder() {
  std::error_code error;
  return std::filesystem::current_path(error).string();
}

class GateCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "gate [--base OLD] NEW... --max-growth LIMIT [options]",
        "Passes or fails. Compares NEW with OLD, or with a stored baseline, and fails with exit code 1 if more grew "
        "than a limit allows; the output names the function, the line and the bytes. A gate that cannot measure "
        "does not pass: if nothing was recorded or events were missed, the exit code is 3; so it is for --max-total if "
        "processes of the same run could not be recorded, unless --allow-unrecorded says that they do not matter.\n\n"
        "A LIMIT is a size or a count (64KiB, 100) of the profile's default sample type, or several with their "
        "types: inuse_space=64KiB,inuse_objects=1000. At least one limit is needed, here or in --config; options "
        "win.\n\n"
        "NEW may be a folder of snapshots, as mqtrack run --snapshot-at-exit DIR/ writes it, or several files: each is "
        "judged by itself against --max-total, in one report, and the exit code is the worst of them. Totals are "
        "without what the C and C++ libraries keep for themselves until exit; the report says how much that was.\n\n"
        "Three or more snapshots of one process and a limit on growth are judged as a series: only what grows all the "
        "time counts, so that a cache that fills up or a table that doubles passes whenever the snapshots are taken, "
        "and a leak does not. With --per hour, generation, PUBLISH or a number of operations, limits on growth are per "
        "unit.",
        {{"mqtrack gate --base before.pb.gz after.pb.gz --max-growth 64KiB", ""},
         {"mqtrack gate --base before.pb.gz after.pb.gz --max-site-growth 4KiB --format junit -o gate.xml",
          "every site by itself, for a CI server"},
         {"mqtrack gate a.pb.gz b.pb.gz c.pb.gz d.pb.gz --max-growth 0",
          "a series, each after a round of the same work"},
         {"mqtrack gate round-*.pb.gz --fail-on lost,leak", "the same, and what waits for clients passes"},
         {"mqtrack gate --base a.pb.gz b.pb.gz --per hour --max-growth 64KiB",
          "or --per PUBLISH, or --per 10000 operations"},
         {"mqtrack gate leaks.pb.gz --max-total 0", "no base: what may be alive at all"},
         {"mqtrack gate leaks/ --max-total 0 --format junit=gate.xml --format github",
          "every process of a run; two formats at once"},
         {"mqtrack gate mosquitto --max-lost 0", "a running broker: nothing may be lost"},
         {"mqtrack gate after.pb.gz --write-baseline baseline.json", "accept what is there now"},
         {"mqtrack gate after.pb.gz --baseline baseline.json --max-growth 0", "and let nothing be added to it"}},
        {{"0", "pass"},
         {"1", "a limit was exceeded"},
         {"2", "wrong options, or an input that cannot be used"},
         {"3",
          "cannot measure: nothing was recorded, events were missed, NEW was detached, or a log of another version"}}};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("NEW", news_,
                   "The state to judge: a snapshot, or any other TARGET (see mqtrack --help); several, or a folder of "
                   "snapshots: each by itself")
        ->required();
    const std::string limits = "Limits";
    AddText(app, "--base", base_, "OLD",
            "The earlier state that NEW is compared with; a folder of snapshots for one of them")
        ->group(limits);
    AddTexts(app, "--max-growth", max_growth_, "LIMIT", "Most that all sites together may have grown")->group(limits);
    AddTexts(app, "--max-site-growth", max_site_growth_, "LIMIT", "Most that any one site may have grown")
        ->group(limits);
    AddTexts(app, "--max-total", max_total_, "LIMIT", "Most that NEW may hold; needs no base")->group(limits);
    AddTexts(app, "--max-lost", max_lost_, "LIMIT",
             "Most that NEW may have lost: heap blocks that nothing points to. NEW is a process that runs, or what "
             "mqtrack leaks or owners wrote with --format pprof; needs no base")
        ->group(limits);
    AddChoices(app, "--fail-on", fail_on_, VerdictNames(),
               "Fail if a site has one of these verdicts (lost,leak): of four snapshots of one process or more, or one "
               "with generations")
        ->group(limits);
    AddText(app, "--per", per_, "UNIT",
            "What limits on growth are per: hour, generation, a type of MQTT packets such as PUBLISH, or how many "
            "operations lie between base and NEW")
        ->group(limits);
    AddText(app, "--by", sample_type_, "TYPE", "The sample type that limits without a type mean")->group(limits);
    AddText(app, "--config", config_, "FILE", "Read limits from a JSON file; options win over it")->group(limits);
    const std::string known = "What is known";
    AddText(app, "--suppressions", suppressions_, "FILE",
            "Leave out the stacks that FILE names, in LeakSanitizer's syntax (leak:PATTERN)")
        ->group(known);
    AddTexts(app, "--ignore", ignore_, "PATTERN", "Leave out sites whose function or file matches; may be given again")
        ->group(known);
    AddText(app, "--baseline", baseline_, "FILE", "Compare with a stored baseline instead of --base")->group(known);
    AddText(app, "--write-baseline", write_baseline_, "FILE", "Store what NEW holds as the baseline")->group(known);
    AddText(app, "--kept", kept_, "FILE",
            "Also leave out of totals what FILE names, as memory that libraries keep until exit (docs/gate.md)")
        ->group(known);
    AddExpect(app, expect_file_, known);
    app.add_flag("--allow-unrecorded", allow_unrecorded_,
                 "Judge totals though processes of the same run could not be recorded")
        ->group(known);
    AddText(app, "--wrappers", wrappers_file_, "FILE",
            "Also skip the functions named in FILE (one a line) when looking for whom to blame")
        ->group(known);
    AddTexts(app, "--format", formats_, "FORMAT",
             "How to print it; FORMAT=FILE writes it to FILE. May be given again: " +
                 support::Join(FormatNames(FormatFamily::kGate)) + " (default text)")
        ->group("Output");
    AddJson(
        app, [this] { formats_.emplace_back("json"); }, "Output");
    AddText(app, "-o,--output", output_, "FILE", "Write to FILE instead of standard output")->group("Output");
    AddText(app, "--source-root", source_root_, "DIR",
            "Take DIR off the front of source paths in GitHub annotations (default: the current folder)")
        ->group("Output");
    loading_.AddTo(app);
  }

  support::Result<int> Run() override {
    const support::Result<std::vector<GateOutput>> outputs = ParseGateOutputs(formats_, output_);
    if (!outputs) return outputs.error();
    const support::Result<analysis::GateConfig> config = MakeConfig();
    if (!config) return config.error();
    const support::Result<analysis::WrapperList> wrappers = analysis::WrapperList::Load(wrappers_file_);
    if (!wrappers) return wrappers.error();
    const support::Result<analysis::KeptMemory> kept = analysis::KeptMemory::Load(config->kept_file);
    if (!kept) return kept.error();
    const support::Result<std::vector<std::string>> targets = GateTargets(news_, loading_.ForLooking().log_dir);
    if (!targets) return targets.error();
    is_several_ = news_.size() > 1 || targets->front() != news_.front();
    if (const support::Status fits = CheckSeveral(config.value()); !fits) return fits.error();
    if (IsSeries(config.value()) && targets->size() == 2) {
      return support::Error{support::ErrorCode::kBadInput,
                            "two snapshots are compared with --base OLD NEW; a series has three or more", "gate"};
    }
    if (!config->has_limit() && !write_baseline_.empty()) {
      const support::Result<profile::Profile> newer = loading_.Load(targets->front());
      if (!newer) return newer.error();
      const support::Status written = WriteBaseline(config.value(), targets->front(), newer.value(), wrappers.value());
      if (!written) return written.error();
      return kSuccess;  // a baseline was all that was asked for
    }
    const support::Result<Judged> judged = JudgeAll(config.value(), targets.value(), wrappers.value(), kept.value());
    if (!judged) return judged.error();
    for (const GateOutput& output : outputs.value()) {
      if (const support::Status written = Write(judged.value(), output); !written) return written.error();
    }
    return ExitCodeOf(reports::WorstVerdict(judged.value()));
  }

 private:
  using Judged = std::vector<reports::JudgedProfile>;

  [[nodiscard]] support::Result<Judged> JudgeAll(const analysis::GateConfig& config,
                                                 const std::vector<std::string>& targets,
                                                 const analysis::WrapperList& wrappers,
                                                 const analysis::KeptMemory& kept) {
    Judged judged;
    if (IsSeries(config)) {
      is_several_ = false;  // one report, of one process
      support::Result<reports::JudgedProfile> series = JudgeSeries(config, targets, wrappers, kept);
      if (!series) return series.error();
      judged.push_back(std::move(series).value());
      return judged;
    }
    for (const std::string& target : targets) {
      support::Result<profile::Profile> newer = loading_.Load(target);
      if (!newer) return newer.error();
      if (!write_baseline_.empty()) {
        const support::Status written = WriteBaseline(config, target, newer.value(), wrappers);
        if (!written) return written.error();
      }
      support::Result<reports::JudgedProfile> one = Judge(config, target, std::move(newer).value(), wrappers, kept);
      if (!one) return one.error();
      judged.push_back(std::move(one).value());
    }
    return judged;
  }

  [[nodiscard]] support::Result<analysis::GateConfig> MakeConfig() const {
    analysis::GateConfig config;
    if (!config_.empty()) {
      support::Result<analysis::GateConfig> loaded = analysis::LoadGateConfig(config_);
      if (!loaded) return loaded;
      config = std::move(loaded).value();
    }
    const struct {
      const std::vector<std::string>& texts;
      analysis::LimitsByType& limits;
      const char* option;
    } given[] = {{max_growth_, config.max_growth, "--max-growth"},
                 {max_site_growth_, config.max_site_growth, "--max-site-growth"},
                 {max_total_, config.max_total, "--max-total"},
                 {max_lost_, config.max_lost, "--max-lost"}};
    for (const auto& [texts, limits, option] : given) {
      for (const std::string& text : texts) {
        if (const support::Status added = analysis::AddLimits(limits, text, option); !added) return added.error();
      }
    }
    for (const std::string& pattern : ignore_) {
      if (const support::Status added = analysis::AddIgnore(config, pattern, "--ignore"); !added) return added.error();
    }
    if (!per_.empty()) {
      const support::Result<analysis::PerUnit> per = analysis::ParsePerUnit(per_, "--per");
      if (!per) return per.error();
      config.per = per.value();
    }
    if (!fail_on_.empty()) config.fail_on = fail_on_;
    if (const support::Status known = CheckVerdictNames(config.fail_on, fail_on_.empty() ? config_ : "--fail-on");
        !known)
      return known.error();
    if (!expect_file_.empty()) config.expect_file = expect_file_;
    if (!sample_type_.empty()) config.sample_type = sample_type_;
    if (!suppressions_.empty()) config.suppressions_file = suppressions_;
    if (!kept_.empty()) config.kept_file = kept_;
    if (!baseline_.empty()) config.baseline_file = baseline_;
    if (allow_unrecorded_) config.allow_unrecorded = true;
    if (!base_.empty() && !baseline_.empty()) {
      return support::Error{support::ErrorCode::kBadInput, "cannot be combined with --baseline; give one of the two",
                            "--base"};
    }
    // A base on the command line wins over the file's baseline, as every option does.
    if (!base_.empty()) config.baseline_file.clear();
    return config;
  }

  /// A base is of one process.
  [[nodiscard]] support::Status CheckSeveral(const analysis::GateConfig& config) const {
    if (!is_several_) return {};
    const std::string option = !base_.empty() && !HasBaseFolder() ? "--base"
                               : !write_baseline_.empty()         ? "--write-baseline"
                               : !config.baseline_file.empty()    ? "--baseline"
                                                                  : "";
    if (option.empty()) return {};
    return support::Error{
        support::ErrorCode::kBadInput,
        "is of one process, and cannot be held against several; name one NEW, or a folder of snapshots "
        "as --base, or limit what each may hold with --max-total",
        option};
  }

  [[nodiscard]] bool HasBaseFolder() const { return !base_.empty() && IsFolderOfSnapshots(base_); }

  /// Several snapshots and a limit on growth, but nothing to compare each with: they are compared with each other.
  [[nodiscard]] bool IsSeries(const analysis::GateConfig& config) const {
    return is_several_ && (config.has_growth_limit() || !config.fail_on.empty()) && base_.empty();
  }

  [[nodiscard]] support::Status WriteBaseline(const analysis::GateConfig& config, const std::string& target,
                                              const profile::Profile& newer,
                                              const analysis::WrapperList& wrappers) const {
    const support::Result<analysis::SiteBaseline> baseline =
        analysis::MakeSiteBaseline(newer, wrappers, analysis::GateLayers(config, {&newer}, wrappers));
    if (!baseline) return baseline.error();
    const support::Status written = WriteResult(write_baseline_, analysis::EncodeSiteBaseline(baseline.value()));
    if (!written) return written;
    const auto sites = static_cast<std::int64_t>(baseline->sites.size());
    messages().Note("wrote " + write_baseline_ + ": " + support::FormatCount(sites) +
                    (sites == 1 ? " site of " : " sites of ") + target);
    return {};
  }

  [[nodiscard]] support::Result<reports::JudgedProfile> JudgeSeries(const analysis::GateConfig& config,
                                                                    const std::vector<std::string>& targets,
                                                                    const analysis::WrapperList& wrappers,
                                                                    const analysis::KeptMemory& kept) const {
    std::vector<profile::Profile> series;
    for (const std::string& target : targets) {
      support::Result<profile::Profile> loaded = loading_.Load(target);
      if (!loaded) return loaded.error();
      series.push_back(std::move(loaded).value());
    }
    const std::vector<std::size_t> order = analysis::PrepareSeries(series);
    support::Result<analysis::GateInputs> inputs = Inputs(config, wrappers, kept);
    if (!inputs) return inputs.error();
    inputs->is_series = true;
    inputs->base = &series.front();
    inputs->newer = &series.back();
    for (std::size_t i = 1; i + 1 < series.size(); ++i) inputs->between.push_back(&series[i]);
    support::Result<analysis::GateResult> result = analysis::RunGate(config, inputs.value());
    if (!result) return result.error();
    if (const support::Status judged = JudgeSites(config, std::move(series), true, wrappers, *inputs, *result); !judged)
      return judged.error();
    return reports::JudgedProfile{std::move(result).value(),
                                  ReportOptions(targets[order.back()], targets[order.front()])};
  }

  /// By verdicts, if these are asked for.
  [[nodiscard]] static support::Status JudgeSites(const analysis::GateConfig& config,
                                                  std::vector<profile::Profile> snapshots, bool is_prepared,
                                                  const analysis::WrapperList& wrappers,
                                                  const analysis::GateInputs& inputs, analysis::GateResult& result) {
    if (config.fail_on.empty()) return {};
    const support::Result<verdicts::Expectations> expectations = verdicts::LoadExpectations(config.expect_file);
    if (!expectations) return expectations.error();
    analysis::WrapperList all = wrappers;
    std::vector<const profile::Profile*> sides;
    for (const profile::Profile& snapshot : snapshots) sides.push_back(&snapshot);
    all.Add(analysis::FindAllocationLayers(sides, all));
    AddVerdictChecks(std::move(snapshots), is_prepared, config, all, inputs.suppressions, *expectations, result);
    return {};
  }

  [[nodiscard]] support::Result<analysis::GateInputs> Inputs(const analysis::GateConfig& config,
                                                             const analysis::WrapperList& wrappers,
                                                             const analysis::KeptMemory& kept) const {
    analysis::GateInputs inputs;
    inputs.wrappers = &wrappers;
    inputs.kept = &kept;
    if (config.suppressions_file.empty()) return inputs;
    support::Result<analysis::Suppressions> suppressions = analysis::LoadSuppressions(config.suppressions_file);
    if (!suppressions) return suppressions.error();
    inputs.suppressions = std::move(suppressions).value();
    return inputs;
  }

  /// What of `newer` is lost, if there is a limit on that and it can be known.
  [[nodiscard]] support::Result<std::optional<profile::Profile>> LostOf(const analysis::GateConfig& config,
                                                                        const std::string& target,
                                                                        const profile::Profile& newer) const {
    if (config.max_lost.empty()) return std::optional<profile::Profile>();
    std::optional<profile::Profile> lost = analysis::LostPart(newer);
    if (lost || snapshot::IsFileOrUrl(target)) return lost;
    const snapshot::Options options = loading_.ForLooking();
    const support::Result<process::RecordedProcess> process = FindMeasurable(target, options.log_dir);
    if (!process) return process.error();
    support::Result<profile::Profile> looked = LookForLost(*process, {}, options);
    if (!looked) return looked.error();
    return std::optional<profile::Profile>(std::move(looked).value());
  }

  /// What `newer` is compared with, and its name: --base, or what is like it in that folder, or nothing.
  [[nodiscard]] support::Result<profile::Profile> LoadBase(const profile::Profile& newer, std::string& name) {
    if (!HasBaseFolder()) return loading_.Load(base_);
    if (!base_folder_) {
      support::Result<BaseFolder> loaded = BaseFolder::Load(base_, loading_);
      if (!loaded) return loaded.error();
      base_folder_ = std::move(loaded).value();
    }
    BaseFolder::Entry* const like = base_folder_->Take(newer);
    name = like == nullptr ? std::string() : like->file;
    if (like == nullptr) return NothingLike(newer);
    return std::move(like->profile);
  }

  [[nodiscard]] support::Result<reports::JudgedProfile> Judge(const analysis::GateConfig& config,
                                                              const std::string& target, profile::Profile newer,
                                                              const analysis::WrapperList& wrappers,
                                                              const analysis::KeptMemory& kept) {
    support::Result<analysis::GateInputs> prepared = Inputs(config, wrappers, kept);
    if (!prepared) return prepared.error();
    analysis::GateInputs inputs = std::move(prepared).value();
    inputs.newer = &newer;
    std::optional<profile::Profile> base;
    std::string base_name = base_.empty() ? config.baseline_file : base_;
    analysis::Baseline baseline;
    if (!base_.empty()) {
      support::Result<profile::Profile> loaded = LoadBase(newer, base_name);
      if (!loaded) return loaded.error();
      base = std::move(loaded).value();
      inputs.base = &*base;
    } else if (!config.baseline_file.empty()) {
      support::Result<analysis::Baseline> loaded = analysis::LoadBaseline(config.baseline_file);
      if (!loaded) return loaded.error();
      baseline = std::move(loaded).value();
      inputs.base = baseline.profile ? &*baseline.profile : nullptr;
      inputs.site_baseline = baseline.sites ? &*baseline.sites : nullptr;
    }
    const support::Result<std::optional<profile::Profile>> lost = LostOf(config, target, newer);
    if (!lost) return lost.error();
    if (*lost) inputs.lost = &**lost;
    // One place has one name on both sides, whichever side knows more of it.
    profile::Profile* const base_profile = base ? &*base : baseline.profile ? &*baseline.profile : nullptr;
    if (base_profile != nullptr) profile::UnifyNames(*base_profile, newer);
    support::Result<analysis::GateResult> result = analysis::RunGate(config, inputs);
    if (!result) return result.error();
    const bool has_base = base.has_value();
    std::vector<profile::Profile> snapshots;
    snapshots.push_back(std::move(newer));
    if (has_base) snapshots.push_back(std::move(*base));
    if (const support::Status judged = JudgeSites(config, std::move(snapshots), false, wrappers, inputs, *result);
        !judged)
      return judged.error();
    if (base_name.empty() && has_base)
      result->warnings.push_back("the run of the base had no such process: all that it holds counts as growth");
    return reports::JudgedProfile{std::move(result).value(), ReportOptions(target, base_name)};
  }

  [[nodiscard]] reports::GateReportOptions ReportOptions(const std::string& target,
                                                         const std::string& base_name) const {
    reports::GateReportOptions options;
    options.base_name = base_name;
    options.new_name = target;
    options.loading = loading_.Words();
    if (!wrappers_file_.empty()) options.loading += " " + reports::OptionWords("--wrappers", wrappers_file_);
    options.source_root = source_root_.empty() ? CurrentFolder() : source_root_;
    return options;
  }

  [[nodiscard]] support::Status Write(std::vector<reports::JudgedProfile> judged, const GateOutput& output) const {
    const bool to_standard_output = IsStandardOutput(output.file);
    for (reports::JudgedProfile& one : judged) {
      one.options.colour = to_standard_output && ColourWanted();
      one.options.width_columns = to_standard_output ? TerminalColumns() : 0;
    }
    const std::string report = is_several_
                                   ? reports::RenderSeveralGates(judged, output.format)
                                   : reports::RenderGate(judged.front().result, output.format, judged.front().options);
    const bool is_text = to_standard_output && output.format == reports::GateFormats().front().name;
    const support::Status written = WriteResult(output.file, is_text ? support::ForLocale(report) : report);
    if (!written || to_standard_output) return written;
    // With the report in a file, the verdict must still be read somewhere.
    messages().Note(VerdictWords(reports::WorstVerdict(judged)) + "; wrote " + output.file);
    return written;
  }

  std::string base_, sample_type_, config_, suppressions_, baseline_, write_baseline_, wrappers_file_, kept_,
      expect_file_;
  std::string output_, source_root_;
  std::string per_;
  bool is_several_ = false;
  std::optional<BaseFolder> base_folder_;
  bool allow_unrecorded_ = false;
  std::vector<std::string> news_, formats_, max_growth_, max_site_growth_, max_total_, max_lost_, ignore_, fail_on_;
  LoadOptions loading_;
};

}  // namespace

std::unique_ptr<Command> MakeGateCommand() { return std::make_unique<GateCommand>(); }

}  // namespace mqtrack::cli
