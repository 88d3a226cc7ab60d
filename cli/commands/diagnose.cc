#include <algorithm>
#include <optional>

#include "cli/command.h"
#include "cli/looking/heap_looks.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/options/profile_options.h"
#include "cli/output.h"
#include "cli/own_command.h"
#include "cli/targets/attached_while.h"
#include "cli/targets/broker_witness.h"
#include "cli/targets/gate_targets.h"
#include "cli/targets/input.h"
#include "cli/targets/running_target.h"
#include "cli/targets/verdict_checks.h"
#include "cli/targets/watching.h"
#include "libtrack/analysis/culprit/allocation_layers.h"
#include "libtrack/profile/same_names.h"
#include "libtrack/support/units.h"
#include "libtrack/verdicts/diagnosis.h"
#include "libtrack/verdicts/snapshot_series.h"
#include "reports/diagnosis/diagnosis_json.h"
#include "reports/diagnosis/diagnosis_page.h"
#include "reports/diagnosis/diagnosis_text.h"
#include "reports/flame/flame_svg.h"

namespace mqtrack::cli {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;
using Profiles = std::vector<profile::Profile>;

/// Of snapshots in files there is nothing more to ask than what stands in them.
constexpr char kOnlyFiles[] =
    "nobody, since these are files: name the running process as well, and mqtrack looks at who holds what";

class DiagnoseCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "diagnose TARGET... [--for 5m] [--every 30s] [options]",
        "Says what growth means. Watches a running service for some time, looks at who holds its heap, and gives every "
        "place that grows a verdict with its evidence: lost (nothing points to it), leak (held, and every stretch of "
        "time leaves more behind that is nobody's state), backlog (sessions, queues, retained messages), cache "
        "(bounded), warm-up, churn, or inconclusive, with what would decide it.\n\n"
        "Give it work while it watches: what does not happen cannot leak. ^C judges what there is so far; three "
        "snapshots are needed, and six decide more.\n\n"
        "Several TARGETs, or a folder of snapshots, are judged as they are, and the running process, if it is one of "
        "them, is looked at last. One snapshot, or the log of a process that was killed, is judged by its generations "
        "(mqtrack run --generations 10m). docs/verdicts.md states the rules.",
        {{"mqtrack diagnose mosquitto", "five minutes of the running broker"},
         {"mqtrack diagnose mosquitto -o report.html", "the same as a page, with charts, to open in a browser"},
         {"mqtrack diagnose mosquitto --for 1h --every 5m --format json -o night.json", "an hour"},
         {"mqtrack diagnose --attach mosquitto --for 10m", "a broker that runs unrecorded; without a restart"},
         {"mqtrack diagnose snapshots/", "a folder that was filled before"},
         {"mqtrack diagnose snapshots/ --fail-on lost,leak,inconclusive", "in a test that has to be sure"},
         {"mqtrack diagnose 1.pb.gz 2.pb.gz 3.pb.gz 4.pb.gz mosquitto", "and the broker as it is now"}},
        {{"0", "no verdict that --fail-on names: nothing is lost, and nothing leaks as far as can be told"},
         {"1", "there is one: something is lost, or leaks"},
         {"2", "wrong usage, no such process, or bad input"},
         {"3", "cannot measure: fewer than three snapshots, or not of one recording"}}};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("TARGET", targets_, "A recorded process that runs; or snapshots of one, or a folder of them")
        ->required();
    const std::string watching = "Watching";
    AddText(app, "--for", for_, "TIME", "Watch for so long: 90s, 10m, 2h (default 5m)")->group(watching);
    AddText(app, "--every", every_, "TIME", "Take a snapshot so often (default: a tenth of --for)")->group(watching);
    app.add_flag("--no-look", no_look_,
                 "Do not look at who holds what: the service is not stopped, not even for a moment")
        ->group(watching);
    app.add_flag("--attach", attach_,
                 "Put the recorder into TARGET, a process that runs unrecorded, and make it inert again at the end")
        ->group(watching);
    looking_.AddTo(app);
    witness_.AddTo(app);
    AddChoices(app, "--fail-on", fail_on_, VerdictNames(),
               "End with exit code 1 if there is such a verdict (default lost,leak)")
        ->group("Limits");
    const std::string output = "Output";
    AddFormat(app, format_, {"text", "json", "html"}, "How to print it (default: what FILE's name says, else text)",
              output);
    AddText(app, "-o,--output", output_, "FILE", "Write to FILE; - is standard output")->group(output);
    AddCount(app, "-n,--rows", rows_, "Show the first N sites (default 20); 0 shows all")->group(output);
    app.add_flag("--all", all_, "Also show the sites that need nobody: caches, warm-up, churn")->group(output);
    AddText(app, "--wrappers", wrappers_file_, "FILE",
            "Also skip the functions named in FILE (one a line) when looking for whom to blame")
        ->group(output);
    AddExpect(app, expect_file_, output);
    loading_.AddTo(app);
  }

  Result<int> Run() override {
    ChooseFormat();
    if (const Status fits = CheckFileName(format_, output_); !fits) return fits.error();
    const Result<WatchOptions> watch = Watch();
    if (!watch) return watch.error();
    Result<analysis::WrapperList> wrappers = analysis::WrapperList::Load(wrappers_file_);
    if (!wrappers) return wrappers.error();
    const Result<verdicts::Expectations> expectations = verdicts::LoadExpectations(expect_file_);
    if (!expectations) return expectations.error();
    if (const Status ready = witness_.Prepare(messages()); !ready) return ready.error();
    if (const Status writable = CheckWritable(output_); !writable) return writable.error();
    InterruptNoted noted;
    std::optional<AttachedWhile> attached;
    if (attach_) {
      Result<AttachedWhile> attaching = Attach();
      if (!attaching) return attaching.error();
      attached.emplace(*std::move(attaching));
      targets_ = {std::to_string(attached->pid())};
      noted.SayIfCutShort("mqtrack: cut short, and the recorder goes on in the process: mqtrack detach " +
                          targets_.front() + "\n");
    }
    std::string live;
    Result<Profiles> profiles = Read(*watch, live);
    if (!profiles) return profiles.error();
    Result<verdicts::SnapshotSeries> snapshots = verdicts::MakeSeries(*std::move(profiles));
    if (!snapshots) return snapshots.error();
    verdicts::Series series = snapshots->Get();
    const profile::Profile& last = snapshots->profiles.back();
    WarnAboutLosses(last, targets_.back(), messages());
    WarnAboutUnseen(last, targets_.back(), messages());
    wrappers->Add(analysis::FindAllocationLayers(series.profiles, *wrappers));
    reports::DiagnosisOptions report = ReportOptions();
    std::optional<HeapLooks> looks = Look(live, report);
    if (looks) {
      profile::UnifyNames(snapshots->profiles.back(), looks->owned);
      profile::UnifyNames(snapshots->profiles.back(), looks->lost);
      series.owned = &looks->owned;
      series.lost = &looks->lost;
    }
    if (format_ == "html") AddToPage(snapshots->profiles, *wrappers, report);
    const verdicts::Diagnosis diagnosis = verdicts::Diagnose(series, *wrappers, *expectations);
    if (const Status written = Write(diagnosis, report); !written) {
      // Hours may have gone into it.
      if (!IsStandardOutput(output_)) (void)Print(reports::RenderDiagnosisText(diagnosis, report));
      return written.error();
    }
    // As report does, so that a script, and who looks for it, has its name.
    if (const Status named = IsStandardOutput(output_) ? Status() : Print(output_ + "\n"); !named) return named.error();
    return IsToFail(diagnosis) ? kLimitExceeded : kSuccess;
  }

 private:
  void ChooseFormat() {
    if (!format_.empty()) return;
    format_ = "text";
    for (const OutputFormat& known : OutputFormats()) {
      const bool is_ours = known.family == FormatFamily::kPage || known.name == "json";
      if (is_ours && IsEndingOf(known, Extension(output_))) format_ = known.name;
    }
  }

  [[nodiscard]] Result<WatchOptions> Watch() const {
    WatchOptions watch;
    if (!for_.empty()) {
      const Result<std::int64_t> seconds = support::ParseDuration(for_);
      if (!seconds || *seconds < 2)
        return Error{ErrorCode::kBadInput, "is no time of two seconds to a year; say 90s, 10m or 2h", "--for " + for_};
      watch.duration = std::chrono::seconds(*seconds);
    }
    constexpr std::int64_t kUsual = 10;
    watch.every = std::chrono::seconds(std::max<std::int64_t>(1, watch.duration.count() / kUsual));
    if (!every_.empty()) {
      const Result<std::int64_t> seconds = support::ParseDuration(every_);
      if (!seconds || *seconds < 1 || *seconds * 2 > watch.duration.count()) {
        return Error{ErrorCode::kBadInput,
                     "is no time that fits at least twice into --for, in whole seconds; say 30s or 1m",
                     "--every " + every_};
      }
      watch.every = std::chrono::seconds(*seconds);
    }
    return watch;
  }

  [[nodiscard]] Result<AttachedWhile> Attach() const {
    if (targets_.size() != 1)
      return Error{ErrorCode::kBadInput, "is for one process that runs, named alone", "--attach"};
    return AttachedWhile::Attach(targets_.front(), loading_.ForLooking().log_dir, messages());
  }

  /// The snapshots. `live`: the one target that is a process which runs, "" if none is.
  [[nodiscard]] Result<Profiles> Read(const WatchOptions& watch, std::string& live) {
    const snapshot::Options looking = loading_.ForLooking();
    const Result<std::vector<std::string>> targets = GateTargets(targets_, looking.log_dir);
    if (!targets) return targets.error();
    for (const std::string& target : *targets) {
      if (loading_.State(target) != snapshot::TargetState::kRunning) continue;
      if (!live.empty())
        return Error{ErrorCode::kBadInput, "and " + live + " both run: a diagnosis is of one process", target};
      live = target;
    }
    snapshot::Options taking = looking;
    taking.advance_generation = true;
    if (targets->size() == 1 && !live.empty()) {
      SayWhichProcess(live, looking);
      return WatchProcess(live, taking, watch, messages(),
                          [this](profile::Profile& profile) { witness_.Ask(profile, messages()); });
    }
    Profiles profiles;
    for (const std::string& target : *targets) {
      Result<profile::Profile> profile = snapshot::LoadTarget(target, target == live ? taking : looking);
      if (!profile) return profile.error();
      if (target == live) witness_.Ask(*profile, messages());
      profiles.push_back(*std::move(profile));
    }
    if (!for_.empty() || !every_.empty())
      messages().Note("--for and --every are of a running process that is named alone: not used here");
    if (witness_.IsWanted() && live.empty())
      messages().Note("--broker is of a running process: not used here (mqtrack snapshot takes it, too)");
    return profiles;
  }

  /// A pid that is not recorded stands for what was started by it.
  void SayWhichProcess(const std::string& target, const snapshot::Options& options) const {
    const Result<process::RecordedProcess> process = FindMeasurable(target, options.log_dir);
    if (!process || std::to_string(process->Pid()) == target ||
        target.find_first_not_of("0123456789") != std::string::npos)
      return;
    messages().Note(target + " is not recorded itself: watching " + process->facts.comm + " (pid " +
                    std::to_string(process->Pid()) + "), which was started by it");
  }

  /// At the heap of the process that runs; nothing, and why, where nobody can.
  [[nodiscard]] std::optional<HeapLooks> Look(const std::string& live, reports::DiagnosisOptions& report) const {
    if (no_look_ || live.empty() || live.find("://") != std::string::npos) {
      report.why_not_looked = no_look_ ? "" : live.empty() ? kOnlyFiles : "";
      return std::nullopt;
    }
    if (InterruptNoted::IsInterrupted()) {
      report.why_not_looked = "nobody looked at who holds what, since it was interrupted";
      return std::nullopt;
    }
    messages().Note("looking at who holds what");
    const snapshot::Options options = loading_.ForLooking();
    const Result<process::RecordedProcess> process = FindMeasurable(live, options.log_dir);
    Result<HeapLooks> looks =
        process ? LookAtHeap(*process, looking_.ForCapture(), options) : Result<HeapLooks>(process.error());
    if (!looks) {
      report.why_not_looked = "nobody could look at who holds what: " + looks.error().ToString();
      return std::nullopt;
    }
    report.name = live;
    report.may_look_again = !attach_;  // else it is recorded no more by then
    report.looks = looks->looks;
    report.notes = looks->notes;
    return *std::move(looks);
  }

  [[nodiscard]] bool IsToFail(const verdicts::Diagnosis& diagnosis) const {
    if (fail_on_.empty()) return diagnosis.HasLeak();
    return std::any_of(diagnosis.sites.begin(), diagnosis.sites.end(), [&](const verdicts::SiteVerdict& one) {
      return std::find(fail_on_.begin(), fail_on_.end(), verdicts::VerdictName(one.judgement.verdict)) !=
             fail_on_.end();
    });
  }

  [[nodiscard]] reports::DiagnosisOptions ReportOptions() const {
    reports::DiagnosisOptions report;
    const bool to_screen = IsStandardOutput(output_);
    report.name = targets_.back();
    report.rows = static_cast<std::size_t>(rows_);
    report.all = all_;
    report.colour = to_screen && ColourWanted();
    report.width_columns = to_screen ? TerminalColumns() : 0;
    return report;
  }

  void AddToPage(const Profiles& profiles, const analysis::WrapperList& wrappers,
                 reports::DiagnosisOptions& report) const {
    report.command = OwnCommand();
    reports::FlameOptions flame;
    flame.width_px = 1100;  // about the page's
    Result<std::string> svg = reports::RenderFlameSvg(profiles.back(), &profiles.front(), wrappers, flame);
    if (svg) {
      report.flame_svg = *std::move(svg);
    } else {
      messages().Warn("no flame graph of growth: " + svg.error().ToString());
    }
  }

  [[nodiscard]] Status Write(const verdicts::Diagnosis& diagnosis, const reports::DiagnosisOptions& report) const {
    if (format_ == "json") return WriteResult(output_, reports::RenderDiagnosisJson(diagnosis, report));
    if (format_ == "html") return WriteResult(output_, reports::RenderDiagnosisPage(diagnosis, report));
    return WriteResult(output_, reports::RenderDiagnosisText(diagnosis, report));
  }

  std::vector<std::string> targets_, fail_on_;
  std::string for_, every_, format_, output_, wrappers_file_, expect_file_;
  bool attach_ = false, no_look_ = false, all_ = false;
  std::int64_t rows_ = 20;
  LookingOptions looking_;
  BrokerWitness witness_;
  LoadOptions loading_;
};

}  // namespace

std::unique_ptr<Command> MakeDiagnoseCommand() { return std::make_unique<DiagnoseCommand>(); }

}  // namespace mqtrack::cli
