#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "cli/command.h"
#include "cli/looking/block_makers.h"
#include "cli/looking/process_data_names.h"
#include "cli/looking/typed_blocks.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/options/profile_options.h"
#include "cli/output.h"
#include "cli/targets/looked_at.h"
#include "cli/targets/running_target.h"
#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/heapgraph/holding_chains.h"
#include "libtrack/heapgraph/owners.h"
#include "libtrack/snapshot/process_types.h"
#include "libtrack/snapshot/variable_names.h"
#include "libtrack/support/signed.h"
#include "libtrack/support/units.h"
#include "reports/text/chains_json.h"
#include "reports/text/chains_text.h"
#include "reports/text/owners_text.h"
#include "reports/words/wording.h"

namespace mqtrack::cli {
namespace {

using heapgraph::BlockId;
using heapgraph::ChainFindings;
using heapgraph::HeapCapture;
using heapgraph::HeapGraph;
using heapgraph::MemorySource;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Signed;
using support::Status;

reports::ChainStepRow StepRow(const heapgraph::ChainStep& step) {
  reports::ChainStepRow row;
  row.member = step.member;
  row.type = step.type_name;
  row.function = step.maker.function;
  row.file = step.maker.file;
  row.module = step.maker.module;
  row.line = step.maker.line;
  row.blocks = Signed(step.blocks);
  row.bytes = Signed(step.bytes);
  row.clients = step.clients;
  row.client_count = Signed(step.client_count);
  row.repeats = step.repeats;
  row.most_in_a_row = Signed(step.most_in_a_row);
  row.pointers = Signed(step.pointers);
  row.holds_alone = step.holds_alone;
  return row;
}

reports::ChainRow Row(const heapgraph::HoldingChain& chain) {
  reports::ChainRow row;
  row.root.kind = heapgraph::RootKindName(chain.root.kind);
  row.root.variable = chain.root.variable.name;
  row.root.module = chain.root.module;
  row.root.file = chain.root.variable.file;
  row.root.line = chain.root.variable.line;
  row.root.thread = chain.root.thread;
  row.is_sure = chain.is_sure;
  row.root_holds_alone = chain.root_holds_alone;
  for (const heapgraph::ChainStep& step : chain.steps) row.steps.push_back(StepRow(step));
  row.blocks = Signed(chain.blocks);
  row.bytes = Signed(chain.bytes);
  return row;
}

class WhyCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "why TARGET --site FUNCTION|FILE:LINE | --client ID | --owner NAME | --type NAME [options]",
        "Says what holds heap blocks of a running service: the shortest chains of pointers that lead to them, from a "
        "variable, a thread or a mapping, those of one shape as one. What such a line names is where the service "
        "still has them, and so where it forgets to let go. The service is looked at as by mqtrack leaks.\n\n"
        "With debug information, variables and members go by their names. C++ objects with virtual functions go by "
        "their class, even in a stripped program. Anything else is named by the function that makes it, and its "
        "members by their offset (+0x28). A step that comes again further down is shown once: in a list, a tree or "
        "a hash table one leads to the next.\n\n"
        "Below each chain stands whether there are other ways to these blocks: what they would be freed with. Words "
        "on stacks and in registers may be stale; they count where nothing else holds a block, and it is said.",
        {{"mqtrack why mosquitto --site db__message_insert", "what holds the blocks of this row of top or diff"},
         {"mqtrack why mosquitto --client pump7",
          "what holds a client's session, and how all that is its own hangs "
          "from it"},
         {"mqtrack why mosquitto --owner 'global db (mosquitto)'", "an owner as mqtrack owners names it"},
         {"mqtrack why bridge --type Session", "objects of a class (or of a struct, with debug information)"},
         {"mqtrack why mosquitto --site calloc_queue --client pump7", "both: what this function made, of this client"}},
        {{"0", "the chains were shown"},
         {"2", "wrong usage, no such process, or no live block of this sort"},
         {"3",
          "cannot measure: a sampled or incomplete recording, a process that has ended or may not be looked at, "
          "too little memory for a copy, or a core file that is cut short or leaves out memory"}}};
  }

  void AddOptions(CLI::App& app) override {
    looked_at_.AddTo(app);
    const std::string which = "Which blocks";
    AddText(app, "--site", site_, "FUNCTION|FILE:LINE",
            "Those that FUNCTION makes, as top and diff name it; else those made below it, or by one with this in its "
            "name. Or those that are made on a line, of a file by the end of its path")
        ->group(which);
    AddText(app, "--client", client_, "ID", "Those that are the MQTT client's, as mqtrack owners says")->group(which);
    AddText(app, "--owner", owner_, "NAME", "Those of an owner that mqtrack owners lists")->group(which);
    AddText(app, "--type", type_, "NAME",
            "Those that begin with a C++ object of this class, as it says itself; or which debug information says are "
            "of this type")
        ->group(which);
    const std::string output = "Output";
    AddFormat(app, format_, {"text", "json"}, "How to print it", output);
    AddText(app, "-o,--output", output_, "FILE", "Write to FILE; - is standard output")->group(output);
    AddCount(app, "-n,--rows", rows_, "Show the first N chains (default 10); 0 shows all")->group(output);
    AddText(app, "--wrappers", wrappers_file_, "FILE",
            "Also skip the functions named in FILE (one a line) when looking for whom to blame")
        ->group(output);
    loading_.AddTo(app);
  }

  Result<int> Run() override {
    if (const Status fits = CheckFileName(format_, output_); !fits) return fits.error();
    if (site_.empty() && client_.empty() && owner_.empty() && type_.empty()) {
      return Error{ErrorCode::kBadInput, "say which blocks: --site FUNCTION, --client ID, --owner NAME or --type NAME",
                   "why"};
    }
    const Result<analysis::WrapperList> wrappers = analysis::WrapperList::Load(wrappers_file_);
    if (!wrappers) return wrappers.error();
    const snapshot::Options options = loading_.ForLooking();
    const Result<process::RecordedProcess> process = looked_at_.Find(options.log_dir, LookedAt::Moment::kAny);
    if (!process) return process.error();
    reports::ChainsOptions report;
    const Status looked = heapgraph::WithCapture(
        *process, looked_at_.ForCapture(), [&](const HeapCapture& capture, const MemorySource& memory) -> Status {
          if (capture.overlapping != 0) return OverlappingBlocks(capture.overlapping, *process);
          const BlockMakers makers(capture.content, capture.blocks, *process, options, *wrappers);
          return Look(capture, memory, makers, options, static_cast<pid_t>(process->where.pid), report);
        });
    if (!looked) return looked.error();
    Complete(report);
    if (const Status written = WriteResult(
            output_, format_ == "json" ? reports::RenderChainsJson(report) : reports::RenderChainsText(report));
        !written)
      return written.error();
    return kSuccess;
  }

 private:
  [[nodiscard]] Status Look(const HeapCapture& capture, const MemorySource& memory, const BlockMakers& makers,
                            const snapshot::Options& options, pid_t pid, reports::ChainsOptions& report) const {
    const Result<HeapGraph> graph = heapgraph::BuildHeapGraph(capture, memory);
    if (!graph) return graph.error();
    snapshot::VariableNames variables(capture.content, options, pid);
    snapshot::ProcessTypes types(capture.content, options, pid);
    const heapgraph::Ownership ownership = heapgraph::AssignBlocks(
        *graph, capture, memory,
        [&](std::uint32_t module, std::uint64_t address) { return variables.Find(module, address).name; });
    ProcessDataNames names(makers, types, variables);
    Result<std::vector<BlockId>> targets = Targets(capture, makers, ownership);
    if (targets && !type_.empty()) {
      const Result<std::vector<BlockId>> of_type = BlocksOfType(type_, *graph, capture, memory, names);
      if (!of_type) return of_type.error();
      targets = Both(*targets, *of_type);
    }
    if (!targets) return targets.error();
    const ChainFindings findings = heapgraph::FindHoldingChains(*graph, capture, memory, ownership, names, *targets);
    for (const heapgraph::HoldingChain& chain : findings.chains) report.chains.push_back(Row(chain));
    report.process = capture.process;
    report.blocks = Signed(findings.blocks);
    report.bytes = Signed(findings.bytes);
    report.lost_blocks = Signed(findings.lost_blocks);
    report.lost_bytes = Signed(findings.lost_bytes);
    report.look = {capture.stood_still.count(), capture.cloned, capture.why_not_cloned, capture.from_core};
    report.notes = looked_at_.Notes(capture.has_unknown_heap, graph->unreadable);
    return {};
  }

  [[nodiscard]] Result<std::vector<BlockId>> Both(const std::vector<BlockId>& asked,
                                                  const std::vector<BlockId>& of_type) const {
    std::vector<BlockId> both;
    std::set_intersection(asked.begin(), asked.end(), of_type.begin(), of_type.end(), std::back_inserter(both));
    if (!both.empty()) return both;
    return Error{ErrorCode::kBadInput,
                 support::FormatCount(Signed(of_type.size())) + " live blocks are of this type, and none of them " +
                     Asked(false),
                 type_};
  }

  /// "made by f, of client c".
  [[nodiscard]] std::string Asked(bool with_type) const {
    std::string asked;
    const auto add = [&](const char* what, const std::string& which) {
      if (!which.empty()) asked += (asked.empty() ? "" : ", ") + (what + which);
    };
    if (with_type) add("of type ", type_);
    add("made by ", site_);
    add("of ", client_.empty() ? owner_ : "client " + client_);
    return asked;
  }

  [[nodiscard]] bool IsAsked(const heapgraph::Owner& owner) const {
    if (!client_.empty() && (owner.kind != heapgraph::OwnerKind::kClient || owner.name != client_)) return false;
    return owner_.empty() || reports::OwnerTitle(heapgraph::OwnerKindName(owner.kind), owner.name) == owner_;
  }

  [[nodiscard]] Result<std::vector<BlockId>> Targets(const HeapCapture& capture, const BlockMakers& makers,
                                                     const heapgraph::Ownership& ownership) const {
    const std::string owners = "mqtrack owners " + reports::ShellWord(looked_at_.name());
    std::string hint = looked_at_.NameForOthers();
    if (!hint.empty()) hint = " (mqtrack top " + reports::ShellWord(hint) + " -n 0 shows who did)";
    std::set<log::StackId> stacks;
    if (!site_.empty()) {
      const std::vector<log::StackId> made = makers.MadeBy(site_);
      if (made.empty()) return Error{ErrorCode::kBadInput, "made nothing that is alive" + hint, site_};
      stacks.insert(made.begin(), made.end());
    }
    std::vector<bool> is_asked;
    for (const heapgraph::Owner& owner : ownership.owners) is_asked.push_back(IsAsked(owner));
    std::vector<BlockId> targets;
    bool has_owner = false;
    for (std::size_t i = 0; i < capture.blocks.size(); ++i) {
      if (!is_asked[ownership.owner_of[i]]) continue;
      has_owner = true;
      if (stacks.empty() || stacks.contains(capture.blocks[i].stack)) targets.push_back(static_cast<BlockId>(i));
    }
    if (!has_owner)
      return Error{ErrorCode::kBadInput, "holds nothing alone (" + owners + " -n 0 shows who does)",
                   client_.empty() ? owner_ : "client " + client_};
    if (targets.empty())
      return Error{ErrorCode::kBadInput,
                   "made nothing that is alive and this owner's (" + owners +
                       " -n 0 shows whose "
                       "all is)",
                   site_};
    return targets;
  }

  void Complete(reports::ChainsOptions& report) const {
    const bool to_screen = IsStandardOutput(output_);
    report.name = looked_at_.name();
    report.rows = static_cast<std::size_t>(rows_);
    report.colour = to_screen && ColourWanted();
    report.leaks_command = "mqtrack leaks " + reports::ShellWord(looked_at_.name());
    report.asked = Asked(true);
  }

  std::string format_ = "text", output_, site_, client_, owner_, type_, wrappers_file_;
  std::int64_t rows_ = 10;
  LookedAt looked_at_;
  LoadOptions loading_;
};

}  // namespace

std::unique_ptr<Command> MakeWhyCommand() { return std::make_unique<WhyCommand>(); }

}  // namespace mqtrack::cli
