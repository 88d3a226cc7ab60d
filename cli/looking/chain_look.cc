#include "cli/looking/chain_look.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "cli/looking/block_makers.h"
#include "cli/looking/process_data_names.h"
#include "cli/looking/typed_blocks.h"
#include "cli/targets/running_target.h"
#include "libtrack/heapgraph/holding_chains.h"
#include "libtrack/snapshot/process_types.h"
#include "libtrack/snapshot/variable_names.h"
#include "libtrack/support/signed.h"
#include "libtrack/support/units.h"
#include "reports/text/owners_text.h"
#include "reports/words/wording.h"

namespace mqtrack::cli {
namespace {

using heapgraph::BlockId;
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

/// Which blocks are asked about. All arguments outlive it.
class AskedBlocks {
 public:
  AskedBlocks(const ChainQuestion& question, const ChainTarget& target, const HeapCapture& capture)
      : question_(question), target_(target), capture_(capture) {}

  [[nodiscard]] Result<std::vector<BlockId>> Find(const HeapGraph& graph, const MemorySource& memory,
                                                  const BlockMakers& makers, const heapgraph::Ownership& ownership,
                                                  ProcessDataNames& names) const {
    Result<std::vector<BlockId>> asked = MadeAndOwned(makers, ownership);
    if (!asked || question_.type.empty()) return asked;
    const Result<std::vector<BlockId>> of_type = BlocksOfType(question_.type, graph, capture_, memory, names);
    if (!of_type) return of_type.error();
    return Both(*asked, *of_type);
  }

 private:
  [[nodiscard]] Result<std::vector<BlockId>> Both(const std::vector<BlockId>& asked,
                                                  const std::vector<BlockId>& of_type) const {
    std::vector<BlockId> both;
    std::set_intersection(asked.begin(), asked.end(), of_type.begin(), of_type.end(), std::back_inserter(both));
    if (!both.empty()) return both;
    return Error{ErrorCode::kBadInput,
                 support::FormatCount(Signed(of_type.size())) + " live blocks are of this type, and none of them " +
                     question_.Words(false),
                 question_.type};
  }

  [[nodiscard]] Result<std::vector<BlockId>> MadeAndOwned(const BlockMakers& makers,
                                                          const heapgraph::Ownership& ownership) const {
    const std::string owners = "mqtrack owners " + reports::ShellWord(target_.name);
    std::string hint = target_.top_name;
    if (!hint.empty()) hint = " (mqtrack top " + reports::ShellWord(hint) + " -n 0 shows who did)";
    std::set<log::StackId> stacks;
    if (!question_.site.empty()) {
      const std::vector<log::StackId> made = makers.MadeBy(question_.site);
      if (made.empty()) return Error{ErrorCode::kBadInput, "made nothing that is alive" + hint, question_.site};
      stacks.insert(made.begin(), made.end());
    }
    std::vector<bool> is_asked;
    for (const heapgraph::Owner& owner : ownership.owners) is_asked.push_back(question_.IsMeant(owner));
    std::vector<BlockId> blocks;
    bool has_owner = false;
    for (std::size_t i = 0; i < capture_.blocks.size(); ++i) {
      if (!is_asked[ownership.owner_of[i]]) continue;
      has_owner = true;
      if (stacks.empty() || stacks.contains(capture_.blocks[i].stack)) blocks.push_back(static_cast<BlockId>(i));
    }
    if (!has_owner)
      return Error{ErrorCode::kBadInput, "holds nothing alone (" + owners + " -n 0 shows who does)",
                   question_.client.empty() ? question_.owner : "client " + question_.client};
    if (!blocks.empty()) return blocks;
    return Error{ErrorCode::kBadInput,
                 "made nothing that is alive and this owner's (" + owners + " -n 0 shows whose all is)",
                 question_.site};
  }

  const ChainQuestion& question_;
  const ChainTarget& target_;
  const HeapCapture& capture_;
};

Status Look(const ChainQuestion& question, const ChainTarget& target, const HeapCapture& capture,
            const MemorySource& memory, reports::ChainsOptions& report) {
  if (capture.overlapping != 0) return OverlappingBlocks(capture.overlapping, target.process);
  const BlockMakers makers(capture.content, capture.blocks, target.process, target.options, target.wrappers);
  const Result<HeapGraph> graph = heapgraph::BuildHeapGraph(capture, memory);
  if (!graph) return graph.error();
  const auto pid = static_cast<pid_t>(target.process.where.pid);
  snapshot::VariableNames variables(capture.content, target.options, pid);
  snapshot::ProcessTypes types(capture.content, target.options, pid);
  const heapgraph::Ownership ownership = heapgraph::AssignBlocks(
      *graph, capture, memory,
      [&](std::uint32_t module, std::uint64_t address) { return variables.Find(module, address).name; });
  ProcessDataNames names(makers, types, variables);
  const Result<std::vector<BlockId>> asked =
      AskedBlocks(question, target, capture).Find(*graph, memory, makers, ownership, names);
  if (!asked) return asked.error();
  const heapgraph::ChainFindings findings =
      heapgraph::FindHoldingChains(*graph, capture, memory, ownership, names, *asked);
  for (const heapgraph::HoldingChain& chain : findings.chains) report.chains.push_back(Row(chain));
  report.process = capture.process;
  report.blocks = Signed(findings.blocks);
  report.bytes = Signed(findings.bytes);
  report.lost_blocks = Signed(findings.lost_blocks);
  report.lost_bytes = Signed(findings.lost_bytes);
  report.look = {capture.stood_still.count(), capture.cloned, capture.why_not_cloned, capture.from_core};
  report.notes = target.notes(capture.has_unknown_heap, graph->unreadable);
  return {};
}

}  // namespace

std::string ChainQuestion::Words(bool with_type) const {
  std::string asked;
  const auto add = [&](const char* what, const std::string& which) {
    if (!which.empty()) asked += (asked.empty() ? "" : ", ") + (what + which);
  };
  if (with_type) add("of type ", type);
  add("made by ", site);
  add("of ", client.empty() ? owner : "client " + client);
  return asked;
}

bool ChainQuestion::IsMeant(const heapgraph::Owner& one) const {
  if (!client.empty() && (one.kind != heapgraph::OwnerKind::kClient || one.name != client)) return false;
  return owner.empty() || reports::OwnerTitle(heapgraph::OwnerKindName(one.kind), one.name) == owner;
}

Result<reports::ChainsOptions> LookForChains(const ChainQuestion& question, const ChainTarget& target) {
  reports::ChainsOptions report;
  const Status looked = heapgraph::WithCapture(target.process, target.capture,
                                               [&](const HeapCapture& capture, const MemorySource& memory) {
                                                 return Look(question, target, capture, memory, report);
                                               });
  if (!looked) return looked.error();
  report.name = target.name;
  report.asked = question.Words(true);
  report.leaks_command = "mqtrack leaks " + reports::ShellWord(target.name);
  return report;
}

}  // namespace mqtrack::cli
