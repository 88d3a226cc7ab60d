#include "libtrack/heapgraph/owners.h"

#include "cli/command.h"
#include "cli/looking/heap_looks.h"
#include "cli/looking/owner_report.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/options/profile_options.h"
#include "cli/output.h"
#include "cli/targets/capture.h"
#include "cli/targets/input.h"
#include "cli/targets/looked_at.h"
#include "cli/targets/running_target.h"
#include "libtrack/profile/fact.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/snapshot/stack_profile.h"
#include "libtrack/support/signed.h"
#include "reports/text/owners_json.h"
#include "reports/text/owners_text.h"

namespace mqtrack::cli {
namespace {

using heapgraph::OwnerFindings;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Signed;
using support::Status;

class OwnersCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "owners TARGET [-n N] [options]",
        "Says whose the live heap of a running service is, each byte once: of the MQTT client, the variable or the "
        "thread that alone holds it; shared, if several do; lost, if nobody does. An offline client's queue is its "
        "own, "
        "whoever published what is in it. The service is looked at as by mqtrack leaks.\n\n"
        "What is a client's is found without knowing the service: the object that alone holds what the client's "
        "CONNECT made is the client's, and so is everything that hangs from it. That takes a recording with packets, "
        "and a service that keeps one object for each client.\n\n"
        "Words on stacks and in registers may be stale, and one of them makes shared what is a client's alone. "
        "Figures are without them; where they make a difference, the others stand beside.",
        {{"mqtrack owners mosquitto", "the running broker"},
         {"mqtrack owners --core core.4711", "one that crashed, from its core file and its log"},
         {"mqtrack owners mosquitto -n 0 --format json", "all of its clients"},
         {"mqtrack owners mosquitto --format pprof -o now.pb.gz", "with the label owner, for the next two"},
         {"mqtrack diff before.pb.gz now.pb.gz --group-by owner", "whose grew"},
         {"mqtrack report now.pb.gz --tag-root owner --format flame -o owners.svg", "as a picture"}},
        {{"0", "the owners were shown"},
         {"2", "wrong usage, no such process, or bad input"},
         {"3",
          "cannot measure: a sampled or incomplete recording, a process that has ended or may not be looked at, "
          "too little memory for a copy, or a core file that is cut short or leaves out memory"}}};
  }

  void AddOptions(CLI::App& app) override {
    looked_at_.AddTo(app);
    const std::string output = "Output";
    AddFormat(app, format_, {"text", "json", "pprof"}, "How to print it", output);
    AddText(app, "-o,--output", output_, "FILE", "Write to FILE; - is standard output")->group(output);
    AddCount(app, "-n,--rows", rows_, "Show the first N rows (default 20); 0 shows all")->group(output);
    AddText(app, "--wrappers", wrappers_file_, "FILE",
            "Also skip the functions named in FILE (one a line) when looking for who makes clients' messages")
        ->group(output);
    loading_.AddTo(app);
  }

  Result<int> Run() override {
    if (const Status fits = CheckFileName(format_, output_); !fits) return fits.error();
    const Result<analysis::WrapperList> wrappers = analysis::WrapperList::Load(wrappers_file_);
    if (!wrappers) return wrappers.error();
    const snapshot::Options options = loading_.ForLooking();
    const Result<process::RecordedProcess> process = looked_at_.Find(options.log_dir, LookedAt::Moment::kAny);
    if (!process) return process.error();
    const Result<OwnerFindings> findings =
        heapgraph::LookForOwners(*process, looked_at_.ForCapture(),
                                 {MakeVariableNames(*process, options), [&](const heapgraph::HeapCapture& capture) {
                                    return MakeStackPlaces(capture, *process, options, *wrappers);
                                  }});
    if (!findings) return findings.error();
    if (findings->overlapping != 0) return OverlappingBlocks(findings->overlapping, *process);
    if (format_ == "pprof") return WriteProfile(*findings, *process, options);
    const reports::OwnersOptions report = Describe(*findings);
    if (const Status written = WriteResult(
            output_, format_ == "json" ? reports::RenderOwnersJson(report) : reports::RenderOwnersText(report));
        !written)
      return written.error();
    return kSuccess;
  }

 private:
  [[nodiscard]] reports::OwnersOptions Describe(const OwnerFindings& findings) const {
    const bool to_screen = IsStandardOutput(output_);
    reports::OwnersOptions report = OwnersReport(findings, looked_at_.name(),
                                                 looked_at_.Notes(findings.has_unknown_heap, findings.look.unreadable));
    report.rows = static_cast<std::size_t>(rows_);
    report.colour = to_screen && ColourWanted();
    report.width_columns = to_screen ? TerminalColumns() : 0;
    return report;
  }

  [[nodiscard]] Result<int> WriteProfile(const OwnerFindings& findings, const process::RecordedProcess& process,
                                         const snapshot::Options& options) const {
    std::vector<snapshot::StackValues> values;
    for (const heapgraph::OwnedBlocks& owned : findings.owned) {
      const heapgraph::Owner& owner = findings.owners[owned.owner];
      const std::string kind(heapgraph::OwnerKindName(owner.kind));
      values.push_back({owned.stack,
                        owned.labels,
                        owned.generation,
                        {Signed(owned.blocks), Signed(owned.bytes)},
                        {{std::string(profile::kOwnerLabel), reports::OwnerTitle(kind, owner.name), 0, {}}}});
    }
    profile::Profile profile = snapshot::BuildStackProfile(
        findings.content, process, {profile::WithUnit(profile::kInuseObjects), profile::WithUnit(profile::kInuseSpace)},
        values, options);
    profile::AddFact(profile, profile::kHeapLookFact, std::string(profile::kLooksForOwners));
    PrintCaptureNotes(profile, looked_at_.name(), messages());
    if (const Status written = WriteBinaryResult(output_, profile::EncodePprof(profile)); !written)
      return written.error();
    return kSuccess;
  }

  std::string format_ = "text", output_, wrappers_file_;
  std::int64_t rows_ = 20;
  LookedAt looked_at_;
  LoadOptions loading_;
};

}  // namespace

std::unique_ptr<Command> MakeOwnersCommand() { return std::make_unique<OwnersCommand>(); }

}  // namespace mqtrack::cli
