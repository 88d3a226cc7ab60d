#include "libtrack/heapgraph/root_holders.h"

#include <algorithm>

#include "libtrack/support/base_name.h"

namespace mqtrack::heapgraph {

std::string_view OwnerKindName(OwnerKind kind) {
  switch (kind) {
    case OwnerKind::kClient:
      return "client";
    case OwnerKind::kGlobal:
      return "global";
    case OwnerKind::kThread:
      return "thread";
    case OwnerKind::kMapping:
      return "mapping";
    case OwnerKind::kShared:
      return "shared";
    case OwnerKind::kLost:
      break;
  }
  return "lost";
}

StrongRoots::StrongRoots(const HeapGraph& graph, const log::LogContent& content) : graph_(graph) {
  for (const log::LogModule& module : content.modules) {
    const std::string_view file = support::BaseName(module.path);
    is_system_.push_back(file.starts_with("libc.so") || file.starts_with("ld-linux"));
  }
}

bool StrongRoots::Contain(const RootEdge& edge) const {
  const RootRegion& region = graph_.regions[edge.region];
  if (region.kind == RootKind::kGlobal) return region.subject == kNoSubject || !is_system_[region.subject];
  return region.kind == RootKind::kThreadLocal || region.kind == RootKind::kMapping || region.kind == RootKind::kKernel;
}

std::string ThreadTitle(const HeapCapture& capture, std::uint32_t number) {
  if (number == kNoSubject) return "threads that have ended";
  const ThreadAtRest& thread = capture.threads[number];
  return "thread " + std::to_string(thread.tid) + " \"" + thread.name + "\"";
}

Holders::Holders(const HeapGraph& graph, const HeapCapture& capture, const VariableNames& names)
    : graph_(graph), capture_(capture), names_(names) {
  of_edge_.reserve(graph.root_edges.size());
  for (const RootEdge& edge : graph.root_edges) of_edge_.push_back(HolderOf(edge));
}

std::uint32_t Holders::Find(OwnerKind kind, const std::string& name, std::uint32_t above) {
  const auto [entry, is_new] = known_.try_emplace({kind, name}, holders_.size() + 1);
  if (is_new) holders_.push_back({kind, name, above});
  return static_cast<std::uint32_t>(entry->second);
}

std::uint32_t Holders::HolderOf(const RootEdge& edge) {
  const RootRegion& region = graph_.regions[edge.region];
  switch (region.kind) {
    case RootKind::kGlobal:
      return Variable(region.subject, edge.address);
    case RootKind::kThreadLocal:
    case RootKind::kStack:
    case RootKind::kRegister:
      return Find(OwnerKind::kThread, ThreadTitle(capture_, region.subject), 0);
    case RootKind::kMapping:
    case RootKind::kUnexplained:
    case RootKind::kKernel:
    case RootKind::kUnknownHeap:
      break;
  }
  return Find(OwnerKind::kMapping, std::string(RootKindName(region.kind)), 0);
}

std::uint32_t Holders::Variable(std::uint32_t module, std::uint64_t address) {
  if (module == kNoSubject) return Find(OwnerKind::kGlobal, "variables of files that are not known", 0);
  const std::string file(support::BaseName(capture_.content.modules[module].path));
  const std::uint32_t above = Find(OwnerKind::kGlobal, "variables of " + file, 0);
  const std::string name = names_ ? names_(module, address) : std::string();
  return name.empty() ? above : Find(OwnerKind::kGlobal, name + " (" + file + ")", above);
}

std::vector<bool> StronglyHeld(const HeapGraph& graph, const StrongRoots& strong_roots) {
  std::vector<BlockId> starts;
  for (const RootEdge& root : graph.root_edges) {
    if (strong_roots.Contain(root)) starts.push_back(root.edge.target());
  }
  return ReachedFrom(graph, starts);
}

FlowGraph MakeFlowGraph(const HeapGraph& graph, const Holders& holders, const StrongRoots* strong_roots,
                        const std::vector<bool>& strong) {
  const auto is_weak = [&](bool from_strong, BlockId target) {
    return strong_roots != nullptr && !from_strong && strong[static_cast<std::size_t>(target)];
  };
  const std::uint32_t first_block = holders.first_block();
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;  // of the root's part
  for (std::size_t i = 0; i < holders.all().size(); ++i)
    edges.emplace_back(holders.all()[i].above, static_cast<std::uint32_t>(i + 1));
  for (std::size_t i = 0; i < graph.root_edges.size(); ++i) {
    const RootEdge& root = graph.root_edges[i];
    if (is_weak(strong_roots != nullptr && strong_roots->Contain(root), root.edge.target())) continue;
    edges.emplace_back(holders.NodeOf(i), first_block + static_cast<std::uint32_t>(root.edge.target()));
  }
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  FlowGraph flow;
  flow.first.reserve(first_block + graph.blocks() + 1);
  flow.targets.reserve(edges.size() + graph.edges.size());
  auto at = edges.begin();
  for (std::uint32_t node = 0; node < first_block; ++node) {
    flow.first.push_back(flow.targets.size());
    for (; at != edges.end() && at->first == node; ++at) flow.targets.push_back(at->second);
  }
  for (std::size_t block = 0; block < graph.blocks(); ++block) {
    flow.first.push_back(flow.targets.size());
    for (const Edge& edge : graph.EdgesOf(static_cast<BlockId>(block))) {
      if (!is_weak(strong_roots != nullptr && strong[block], edge.target()))
        flow.targets.push_back(first_block + static_cast<std::uint32_t>(edge.target()));
    }
  }
  flow.first.push_back(flow.targets.size());
  return flow;
}

}  // namespace mqtrack::heapgraph
