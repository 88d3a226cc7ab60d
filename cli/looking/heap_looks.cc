#include "cli/looking/heap_looks.h"

#include <map>
#include <memory>
#include <optional>
#include <tuple>

#include "cli/looking/block_makers.h"
#include "cli/targets/running_target.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/snapshot/stack_profile.h"
#include "libtrack/snapshot/variable_names.h"
#include "libtrack/support/signed.h"
#include "libtrack/verdicts/site_history.h"
#include "reports/text/owners_text.h"

namespace mqtrack::cli {
namespace {

using support::Result;
using support::Signed;

std::vector<profile::ValueType> HeapTypes() {
  return {profile::WithUnit(profile::kInuseObjects), profile::WithUnit(profile::kInuseSpace)};
}

profile::Profile OwnedProfile(const heapgraph::OwnerFindings& findings, const process::RecordedProcess& process,
                              const snapshot::Options& options) {
  std::vector<snapshot::StackValues> values;
  for (const heapgraph::OwnedBlocks& owned : findings.owned) {
    const heapgraph::Owner& owner = findings.owners[owned.owner];
    const std::string kind(heapgraph::OwnerKindName(owner.kind));
    // A client by its id, to be compared with labels; others as they are called.
    const std::string name =
        owner.kind == heapgraph::OwnerKind::kClient ? owner.name : reports::OwnerTitle(kind, owner.name);
    snapshot::StackValues sample{
        owned.stack,
        owned.labels,
        owned.generation,
        {Signed(owned.blocks), Signed(owned.bytes)},
        {{std::string(verdicts::kOwnerLabel), name, 0, {}}, {std::string(verdicts::kOwnerKindLabel), kind, 0, {}}}};
    if (owned.used_by != heapgraph::kNobody)
      sample.labels_beside.push_back({std::string(verdicts::kUsedByLabel), findings.owners[owned.used_by].name, 0, {}});
    const std::uint32_t client = owned.used_by != heapgraph::kNobody ? owned.used_by : owned.owner;
    if (findings.owners[client].client.connection == heapgraph::ClientConnection::kOffline)
      sample.labels_beside.push_back({std::string(verdicts::kAwayLabel), findings.owners[client].name, 0, {}});
    values.push_back(std::move(sample));
  }
  return snapshot::BuildStackProfile(findings.content, process, HeapTypes(), values, options);
}

profile::Profile LostProfile(const heapgraph::LostFindings& findings, const process::RecordedProcess& process,
                             const snapshot::Options& options) {
  std::map<std::tuple<log::StackId, log::LabelsId, std::uint32_t>, std::pair<std::int64_t, std::int64_t>> sums;
  for (const log::LiveEntry& block : findings.blocks) {
    auto& [blocks, bytes] = sums[{block.stack, block.labels, block.generation}];
    ++blocks;
    bytes += Signed(block.bytes);
  }
  std::vector<snapshot::StackValues> values;
  for (const auto& [key, sum] : sums)
    values.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), {sum.first, sum.second}, {}});
  return snapshot::BuildStackProfile(findings.content, process, HeapTypes(), values, options);
}

}  // namespace

heapgraph::StackPlaces MakeStackPlaces(const heapgraph::HeapCapture& capture, const process::RecordedProcess& process,
                                       const snapshot::Options& options, const analysis::WrapperList& wrappers) {
  // Names take time, and are needed only where there are clients with messages.
  auto makers = std::make_shared<std::optional<BlockMakers>>();
  return [makers, &capture, &process, &options, &wrappers](log::StackId stack) {
    if (!*makers) makers->emplace(capture.content, capture.blocks, process, options, wrappers);
    return (*makers)->Of(stack).place;
  };
}

std::function<heapgraph::VariableNames(const log::LogContent&)> MakeVariableNames(
    const process::RecordedProcess& process, const snapshot::Options& options) {
  return [&](const log::LogContent& content) -> heapgraph::VariableNames {
    const auto names =
        std::make_shared<snapshot::VariableNames>(content, options, static_cast<pid_t>(process.where.pid));
    return [names](std::uint32_t module, std::uint64_t address) { return names->Find(module, address).name; };
  };
}

Result<profile::Profile> LookForLost(const process::RecordedProcess& process, const heapgraph::CaptureOptions& capture,
                                     const snapshot::Options& options) {
  const Result<heapgraph::LostFindings> lost = heapgraph::FindLost(process, {capture, false, std::chrono::seconds(1)});
  if (!lost) return lost.error();
  if (lost->overlapping != 0) return OverlappingBlocks(lost->overlapping, process);
  return LostProfile(*lost, process, options);
}

Result<HeapLooks> LookAtHeap(const process::RecordedProcess& process, const heapgraph::CaptureOptions& capture,
                             const snapshot::Options& options) {
  const Result<heapgraph::LostFindings> lost = heapgraph::FindLost(process, {capture, false, std::chrono::seconds(1)});
  if (!lost) return lost.error();
  if (lost->overlapping != 0) return OverlappingBlocks(lost->overlapping, process);
  const Result<heapgraph::OwnerFindings> owners =
      heapgraph::LookForOwners(process, capture, {MakeVariableNames(process, options), {}});
  if (!owners) return owners.error();
  if (owners->overlapping != 0) return OverlappingBlocks(owners->overlapping, process);
  HeapLooks looks;
  looks.lost = LostProfile(*lost, process, options);
  looks.owned = OwnedProfile(*owners, process, options);
  for (const heapgraph::Look& look : lost->looks)
    looks.looks.push_back({look.stood_still.count(), look.cloned, look.why_not_cloned});
  looks.looks.push_back({owners->look.stood_still.count(), owners->look.cloned, owners->look.why_not_cloned});
  looks.notes = NotesOf(lost->has_unknown_heap, lost->looks.back().unreadable);
  return looks;
}

}  // namespace mqtrack::cli
