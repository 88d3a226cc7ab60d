#include "cli/looking/holder_profile.h"

#include <chrono>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cli/looking/block_makers.h"
#include "cli/looking/process_data_names.h"
#include "cli/targets/running_target.h"
#include "libtrack/heapgraph/holder_paths.h"
#include "libtrack/profile/holder_frames.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/snapshot/process_types.h"
#include "libtrack/snapshot/stack_profile.h"
#include "libtrack/snapshot/variable_names.h"
#include "libtrack/support/signed.h"
#include "libtrack/support/unix_time.h"
#include "reports/text/owners_text.h"

namespace mqtrack::cli {
namespace {

using heapgraph::HeapCapture;
using heapgraph::HolderNode;
using heapgraph::HolderPaths;
using heapgraph::MemorySource;
using support::Result;
using support::Signed;
using support::Status;

/// "thread "worker"": its number is another one in the next run.
std::string TitleOf(const heapgraph::Owner& owner) {
  const std::string title = reports::OwnerTitle(heapgraph::OwnerKindName(owner.kind), owner.name);
  const std::size_t name = owner.kind == heapgraph::OwnerKind::kThread ? title.find('"') : std::string::npos;
  return name == std::string::npos ? title : "thread " + title.substr(name);
}

/// Frames and samples of a profile, each made once.
class ProfileWriter {
 public:
  ProfileWriter(profile::Profile& profile, const std::vector<heapgraph::Owner>& owners, const HolderPaths& paths,
                const BlockMakers& makers)
      : profile_(profile), owners_(owners), paths_(paths), makers_(makers) {}

  void Write() {
    std::vector<profile::LocationId> frames;
    for (const HolderNode& node : paths_.nodes) frames.push_back(FrameOf(node));
    std::map<std::pair<std::uint32_t, profile::LocationId>, std::pair<std::int64_t, std::int64_t>> sums;
    for (const heapgraph::HeldBlocks& held : paths_.held) {
      auto& [blocks, bytes] = sums[{held.node, SiteOf(held.stack)}];
      blocks += Signed(held.blocks);
      bytes += Signed(held.bytes);
    }
    for (const auto& [key, sum] : sums) {
      profile::Sample& sample = profile_.samples.emplace_back();
      sample.locations.push_back(key.second);
      for (std::uint32_t at = key.first; at != heapgraph::kNoHolder; at = paths_.nodes[at].parent)
        sample.locations.push_back(frames[at]);
      sample.values = {sum.first, sum.second};
    }
  }

 private:
  profile::LocationId FrameOf(const HolderNode& node) {
    const heapgraph::Owner& owner = owners_[node.owner];
    if (node.parent == heapgraph::kNoHolder)
      return Add(profile::OwnerFrame(heapgraph::OwnerKindName(owner.kind), TitleOf(owner)), 0);
    const std::string maker = node.maker.function.empty() ? std::string("no known function") : node.maker.function;
    return Add(profile::HolderFrame(node.member, node.type_name.empty() ? "made by " + maker : node.type_name), 0);
  }

  profile::LocationId SiteOf(log::StackId stack) {
    const heapgraph::MakerFacts& maker = makers_.Of(stack);
    return Add({maker.function.empty() ? "no known function" : maker.function, {}, maker.file, 0}, maker.line);
  }

  profile::LocationId Add(profile::Function function, std::int64_t line) {
    const auto [entry, is_new] =
        known_.try_emplace({function.name, function.system_name, function.filename, line},
                           profile::LocationId{static_cast<std::uint32_t>(profile_.locations.size())});
    if (is_new) {
      const profile::FunctionId id{static_cast<std::uint32_t>(profile_.functions.size())};
      profile_.functions.push_back(std::move(function));
      profile_.locations.push_back({profile::MappingId::kNone, 0, {{id, line}}, false});
    }
    return entry->second;
  }

  profile::Profile& profile_;
  const std::vector<heapgraph::Owner>& owners_;
  const HolderPaths& paths_;
  const BlockMakers& makers_;
  std::map<std::tuple<std::string, std::string, std::string, std::int64_t>, profile::LocationId> known_;
};

}  // namespace

Result<profile::Profile> LookForHolders(const process::RecordedProcess& process,
                                        const heapgraph::CaptureOptions& capture_options,
                                        const snapshot::Options& options, const analysis::WrapperList& wrappers) {
  profile::Profile profile;
  const auto work = [&](const HeapCapture& capture, const MemorySource& memory) -> Status {
    if (capture.overlapping != 0) return OverlappingBlocks(capture.overlapping, process);
    const Result<heapgraph::HeapGraph> graph = heapgraph::BuildHeapGraph(capture, memory);
    if (!graph) return graph.error();
    const BlockMakers makers(capture.content, capture.blocks, process, options, wrappers);
    const auto pid = static_cast<pid_t>(process.where.pid);
    snapshot::VariableNames variables(capture.content, options, pid);
    snapshot::ProcessTypes types(capture.content, options, pid);
    const heapgraph::Ownership ownership = heapgraph::AssignBlocks(
        *graph, capture, memory,
        [&](std::uint32_t module, std::uint64_t address) { return variables.Find(module, address).name; });
    ProcessDataNames names(makers, types, variables);
    const HolderPaths paths = heapgraph::FindHolderPaths(*graph, capture, memory, ownership, names);
    // Without stacks of its own: the facts of the recording.
    profile = snapshot::BuildStackProfile(
        capture.content, process, {profile::WithUnit(profile::kInuseObjects), profile::WithUnit(profile::kInuseSpace)},
        {}, options);
    profile.mappings.clear();
    profile.locations.clear();
    profile.functions.clear();
    ProfileWriter(profile, ownership.owners, paths, makers).Write();
    for (const std::string& note : NotesOf(capture.has_unknown_heap, graph->unreadable))
      profile::AddFact(profile, "note", note);
    return {};
  };
  if (const Status looked = heapgraph::WithCapture(process, capture_options, work); !looked) return looked.error();
  profile.time_nanos = support::UnixNanosNow();
  profile::AddFact(profile, profile::kHeapLookFact, std::string(profile::kLooksForHolders));
  return profile;
}

}  // namespace mqtrack::cli
