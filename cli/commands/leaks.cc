#include <algorithm>

#include "cli/command.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/options/profile_options.h"
#include "cli/output.h"
#include "cli/targets/capture.h"
#include "cli/targets/input.h"
#include "cli/targets/looked_at.h"
#include "cli/targets/running_target.h"
#include "libtrack/analysis/gate/gate_config.h"
#include "libtrack/analysis/gate/suppressions.h"
#include "libtrack/analysis/lost_sites.h"
#include "libtrack/heapgraph/lost_looks.h"
#include "libtrack/profile/fact.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/snapshot/stack_profile.h"
#include "libtrack/support/signed.h"
#include "libtrack/support/units.h"
#include "reports/text/lost_json.h"
#include "reports/text/lost_text.h"

namespace mqtrack::cli {
namespace {

using heapgraph::LostFindings;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Signed;
using support::Status;

class LeaksCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "leaks TARGET [--once] [--max-lost LIMIT] [options]",
        "Finds what a running service has lost: heap blocks that no pointer leads to any more, neither from a "
        "variable, "
        "a stack or a register nor from another block that is held. Nobody can ever free them. The service is copied "
        "by the kernel (as fork does) and goes on; it stands still for about as long as its page tables take to copy, "
        "which is printed. The copy is read and ended, and leaves nothing behind.\n\n"
        "A block counts when two looks have found it lost. What is lost with a block, since only that one pointed to "
        "it, counts with it; blocks that point to each other in a ring are one loss. What is still pointed to by "
        "something that is never used again is not lost: mqtrack diff shows what grows.\n\n"
        "A LIMIT is a size (64KiB), or names what it limits: " +
            std::string(profile::kInuseObjects) +
            "=10. Without one, nothing may be lost. docs/ownership.md says what is exact and what is not.",
        {{"mqtrack leaks mosquitto", "the running broker"},
         {"mqtrack leaks --core core.4711", "one that crashed, from its core file and its log"},
         {"mqtrack leaks 4711 --once", "one look: faster, and may name what is only on its way"},
         {"mqtrack leaks mosquitto --max-lost 4KiB --suppressions known.supp", "in a test"}},
        {{"0", "no more is lost than the limits allow"},
         {"1", "more is lost"},
         {"2", "wrong usage, no such process, or bad input"},
         {"3",
          "cannot measure: a sampled or incomplete recording, a process that has ended or may not be looked at, "
          "too little memory for a copy, or a core file that is cut short, leaves out memory or was written while the "
          "process ran"}}};
  }

  void AddOptions(CLI::App& app) override {
    looked_at_.AddTo(app);
    const std::string looking = "Looking";
    app.add_flag("--once", once_, "Look once, not twice")->group(looking);
    AddCount(app, "--between", between_seconds_, "Wait so many seconds between the two looks (default 1)", 0, 86400)
        ->type_name("SECONDS")
        ->group(looking);
    const std::string limits = "Limits";
    AddTexts(app, "--max-lost", max_lost_, "LIMIT", "Most that may be lost (default: nothing)")->group(limits);
    AddText(app, "--suppressions", suppressions_, "FILE",
            "Leave out the stacks that FILE names, in LeakSanitizer's syntax (leak:PATTERN)")
        ->group(limits);
    const std::string output = "Output";
    AddFormat(app, format_, {"text", "json", "pprof"}, "How to print it", output);
    AddText(app, "-o,--output", output_, "FILE", "Write to FILE; - is standard output")->group(output);
    AddCount(app, "-n,--rows", rows_, "Show the first N rows (default 20); 0 shows all")->group(output);
    app.add_flag("--stacks", stacks_, "Show the stack that made each row's blocks")->group(output);
    AddText(app, "--wrappers", wrappers_file_, "FILE",
            "Also skip the functions named in FILE (one a line) when looking for whom to blame")
        ->group(output);
    loading_.AddTo(app);
  }

  Result<int> Run() override {
    if (const Status fits = CheckFileName(format_, output_); !fits) return fits.error();
    const Result<analysis::LimitsByType> limits = Limits();
    if (!limits) return limits.error();
    const Result<analysis::WrapperList> wrappers = analysis::WrapperList::Load(wrappers_file_);
    if (!wrappers) return wrappers.error();
    analysis::Suppressions suppressions;
    if (!suppressions_.empty()) {
      Result<analysis::Suppressions> loaded = analysis::LoadSuppressions(suppressions_);
      if (!loaded) return loaded.error();
      suppressions = std::move(*loaded);
    }
    const snapshot::Options options = loading_.ForLooking();
    const Result<process::RecordedProcess> process = looked_at_.Find(options.log_dir, LookedAt::Moment::kOneOnly);
    if (!process) return process.error();
    reports::LostOptions report = ReportOptions();
    const Result<LostFindings> findings =
        heapgraph::FindLost(*process, {looked_at_.ForCapture(), once_, std::chrono::seconds(between_seconds_)});
    if (!findings) return findings.error();
    if (findings->overlapping != 0) return OverlappingBlocks(findings->overlapping, *process);
    Describe(*findings, report);
    profile::Profile profile = MakeProfile(*findings, *process, options);
    PrintCaptureNotes(profile, looked_at_.name(), messages());
    if (!suppressions_.empty()) {
      profile = analysis::WithoutSuppressed(profile, suppressions);
      for (const analysis::Suppression& entry : suppressions.entries) report.suppressed_stacks += Signed(entry.stacks);
    }
    return Write(profile, *wrappers, *limits, report);
  }

 private:
  [[nodiscard]] Result<analysis::LimitsByType> Limits() const {
    analysis::LimitsByType limits;
    for (const std::string& text : max_lost_) {
      if (const Status added = analysis::AddLimits(limits, text, "--max-lost"); !added) return added.error();
    }
    for (const auto& [type, limit] : limits) {
      const bool is_space = type.empty() || profile::IsSameType(type, profile::kInuseSpace);
      if (is_space || profile::IsSameType(type, profile::kInuseObjects)) {
        if (is_space || !limit.is_size) continue;
        return Error{ErrorCode::kBadInput, "is a size, and " + type + " is a count", "--max-lost " + limit.text};
      }
      return Error{ErrorCode::kBadInput,
                   "only heap blocks can be lost: a limit is of " + std::string(profile::kInuseSpace) + " or " +
                       std::string(profile::kInuseObjects),
                   "--max-lost " + type + "=" + limit.text};
    }
    return limits;
  }

  [[nodiscard]] reports::LostOptions ReportOptions() const {
    reports::LostOptions report;
    const bool to_screen = IsStandardOutput(output_);
    report.table.rows = static_cast<std::size_t>(rows_);
    report.table.stacks = stacks_;
    report.table.new_name = looked_at_.name();
    report.table.colour = to_screen && ColourWanted();
    report.table.width_columns = to_screen ? TerminalColumns() : 0;
    report.suppressions_file = suppressions_;
    report.asked_for_one = once_ || looked_at_.is_core();
    report.seconds_between = between_seconds_;
    return report;
  }

  void Describe(const LostFindings& findings, reports::LostOptions& report) const {
    for (const heapgraph::Look& look : findings.looks)
      report.looks.push_back({look.stood_still.count(), look.cloned, look.why_not_cloned, look.from_core});
    report.live_objects = Signed(findings.live_blocks);
    report.live_bytes = Signed(findings.live_bytes);
    report.found_once = Signed(findings.found_once);
    report.notes = looked_at_.Notes(findings.has_unknown_heap, findings.looks.back().unreadable);
  }

  [[nodiscard]] static profile::Profile MakeProfile(const LostFindings& findings,
                                                    const process::RecordedProcess& process,
                                                    const snapshot::Options& options) {
    std::vector<snapshot::StackValues> values;
    for (const heapgraph::Loss& loss : findings.losses) {
      values.push_back({loss.head.stack,
                        loss.head.labels,
                        loss.head.generation,
                        {loss.ring_blocks != 0 ? 1 : 0, 1, Signed(loss.blocks), Signed(loss.bytes)}});
    }
    profile::Profile profile = snapshot::BuildStackProfile(findings.content, process,
                                                           {{analysis::kLostRings, "count"},
                                                            {analysis::kLosses, "count"},
                                                            profile::WithUnit(profile::kInuseObjects),
                                                            profile::WithUnit(profile::kInuseSpace)},
                                                           values, options);
    profile::AddFact(profile, profile::kHeapLookFact, std::string(profile::kLooksForLost));
    return profile;
  }

  [[nodiscard]] Result<int> Write(const profile::Profile& profile, const analysis::WrapperList& wrappers,
                                  const analysis::LimitsByType& limits, reports::LostOptions& report) const {
    const Result<analysis::LostTable> lost = analysis::LostSites(profile, wrappers, analysis::Granularity::kFunction);
    if (!lost) return lost.error();
    const std::int64_t bytes = lost->table.total, blocks = lost->table.objects_total;
    for (const auto& [type, limit] : limits) {
      const bool is_objects = profile::IsSameType(type, profile::kInuseObjects);
      report.limits.push_back({std::string(is_objects ? profile::kInuseObjects : profile::kInuseSpace), limit.text,
                               is_objects ? blocks : bytes, limit.value});
    }
    const bool is_beyond = limits.empty() ? blocks != 0 : reports::IsBeyondLimits(report);
    if (limits.empty()) report.limits.push_back({std::string(profile::kInuseObjects), "0", blocks, 0});
    if (const Status written = WriteAs(profile, *lost, report); !written) return written.error();
    return is_beyond ? kLimitExceeded : kSuccess;
  }

  [[nodiscard]] Status WriteAs(const profile::Profile& profile, const analysis::LostTable& lost,
                               const reports::LostOptions& report) const {
    if (format_ == "pprof") return WriteBinaryResult(output_, profile::EncodePprof(profile));
    return WriteResult(
        output_, format_ == "json" ? reports::RenderLostJson(lost, report) : reports::RenderLostText(lost, report));
  }

  std::string format_ = "text", output_, suppressions_, wrappers_file_;
  std::vector<std::string> max_lost_;
  bool once_ = false, stacks_ = false;
  std::int64_t between_seconds_ = 1, rows_ = 20;
  LookedAt looked_at_;
  LoadOptions loading_;
};

}  // namespace

std::unique_ptr<Command> MakeLeaksCommand() { return std::make_unique<LeaksCommand>(); }

}  // namespace mqtrack::cli
