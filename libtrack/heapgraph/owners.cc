#include "libtrack/heapgraph/owners.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "libtrack/heapgraph/dominators.h"
#include "libtrack/support/base_name.h"

namespace mqtrack::heapgraph {
namespace {

using support::Result;
using support::Status;

constexpr std::string_view kConnect = "CONNECT";
constexpr std::string_view kNoId = "(empty)";  // the recorder's word for a client whose id the service makes up

/// Whether what a root holds is held for sure. The C library and the loader keep lists of everything there is, and
/// buffers in which stale words lie: what is held otherwise is not theirs.
class StrongRoots {
 public:
  StrongRoots(const HeapGraph& graph, const log::LogContent& content) : graph_(graph) {
    for (const log::LogModule& module : content.modules) {
      const std::string_view file = support::BaseName(module.path);
      is_system_.push_back(file.starts_with("libc.so") || file.starts_with("ld-linux"));
    }
  }
  [[nodiscard]] bool Contain(const RootEdge& edge) const {
    const RootRegion& region = graph_.regions[edge.region];
    if (region.kind == RootKind::kGlobal) return region.subject == kNoSubject || !is_system_[region.subject];
    return region.kind == RootKind::kThreadLocal || region.kind == RootKind::kMapping;
  }

 private:
  const HeapGraph& graph_;
  std::vector<bool> is_system_;  // by module
};

/// A holder at the root: of the tree's nodes 1 to n. Variables hang below their module's.
struct Holder {
  OwnerKind kind;
  std::string name;
  std::uint32_t above;  // its node's parent
};

/// The root's part of the graph: which holder each root edge starts from.
class Holders {
 public:
  Holders(const HeapGraph& graph, const HeapCapture& capture, const VariableNames& names)
      : graph_(graph), capture_(capture), names_(names) {
    of_edge_.reserve(graph.root_edges.size());
    for (const RootEdge& edge : graph.root_edges) of_edge_.push_back(HolderOf(edge));
  }
  [[nodiscard]] const std::vector<Holder>& all() const { return holders_; }
  /// The node, from 1, that root edge number `edge` starts from.
  [[nodiscard]] std::uint32_t NodeOf(std::size_t edge) const { return of_edge_[edge]; }

 private:
  std::uint32_t Find(OwnerKind kind, const std::string& name, std::uint32_t above) {
    const auto [entry, is_new] = known_.try_emplace({kind, name}, holders_.size() + 1);
    if (is_new) holders_.push_back({kind, name, above});
    return static_cast<std::uint32_t>(entry->second);
  }

  std::uint32_t HolderOf(const RootEdge& edge) {
    const RootRegion& region = graph_.regions[edge.region];
    switch (region.kind) {
      case RootKind::kGlobal:
        return Variable(region.subject, edge.address);
      case RootKind::kThreadLocal:
      case RootKind::kStack:
      case RootKind::kRegister:
        return Find(OwnerKind::kThread, ThreadName(region.subject), 0);
      case RootKind::kMapping:
      case RootKind::kUnexplained:
      case RootKind::kUnknownHeap:
        break;
    }
    return Find(OwnerKind::kMapping, std::string(RootKindName(region.kind)), 0);
  }

  std::uint32_t Variable(std::uint32_t module, std::uint64_t address) {
    if (module == kNoSubject) return Find(OwnerKind::kGlobal, "variables of files that are not known", 0);
    const std::string file(support::BaseName(capture_.content.modules[module].path));
    const std::uint32_t above = Find(OwnerKind::kGlobal, "variables of " + file, 0);
    const std::string name = names_ ? names_(module, address) : std::string();
    return name.empty() ? above : Find(OwnerKind::kGlobal, name + " (" + file + ")", above);
  }

  std::string ThreadName(std::uint32_t number) const {
    if (number == kNoSubject) return "threads that have ended";
    const ThreadAtRest& thread = capture_.threads[number];
    return "thread " + std::to_string(thread.tid) + " \"" + thread.name + "\"";
  }

  const HeapGraph& graph_;
  const HeapCapture& capture_;
  const VariableNames& names_;
  std::vector<Holder> holders_;
  std::map<std::pair<OwnerKind, std::string>, std::size_t> known_;
  std::vector<std::uint32_t> of_edge_;
};

/// Which blocks are reached from strong roots.
std::vector<bool> StronglyHeld(const HeapGraph& graph, const StrongRoots& strong_roots) {
  std::vector<BlockId> starts;
  for (const RootEdge& root : graph.root_edges) {
    if (strong_roots.Contain(root)) starts.push_back(root.edge.target());
  }
  return ReachedFrom(graph, starts);
}

/// The whole graph with the root's part. With `strong_roots`, only they hold what `strong` says they hold: neither
/// other roots do, nor blocks that only those hold.
FlowGraph MakeFlowGraph(const HeapGraph& graph, const Holders& holders, const StrongRoots* strong_roots,
                        const std::vector<bool>& strong) {
  const auto is_weak = [&](bool from_strong, BlockId target) {
    return strong_roots != nullptr && !from_strong && strong[static_cast<std::size_t>(target)];
  };
  const auto first_block = static_cast<std::uint32_t>(holders.all().size() + 1);
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

/// Owners by number, found by kind and name.
class OwnerList {
 public:
  explicit OwnerList(std::vector<Owner>& owners) : owners_(owners) {}
  std::uint32_t Find(OwnerKind kind, const std::string& name) {
    const auto [entry, is_new] = known_.try_emplace({kind, name}, owners_.size());
    if (is_new) {
      owners_.emplace_back().kind = kind;
      owners_.back().name = name;
    }
    return static_cast<std::uint32_t>(entry->second);
  }

 private:
  std::vector<Owner>& owners_;
  std::map<std::pair<OwnerKind, std::string>, std::size_t> known_;
};

/// Which client's CONNECT a label set is of.
class ConnectLabels {
 public:
  explicit ConnectLabels(const log::LogContent& content) {
    for (const auto& [id, pairs] : content.label_sets) {
      const std::string* client = nullptr;
      bool is_connect = false;
      for (const auto& [key, value] : pairs) {
        if (key == log::LabelKey::kMqttClient) client = &value;
        is_connect |= key == log::LabelKey::kMqttPacket && value == kConnect;
      }
      if (is_connect && client != nullptr && *client != kNoId) clients_[id] = client;
    }
  }
  [[nodiscard]] const std::string* ClientOf(log::LabelsId id) const {
    const auto found = clients_.find(id);
    return found == clients_.end() ? nullptr : found->second;
  }

 private:
  std::unordered_map<log::LabelsId, const std::string*> clients_;
};

/// The owner of each block, by one of the two trees.
class Assignment {
 public:
  Assignment(const HeapCapture& capture, const MemorySource& memory, const Holders& holders,
             const ConnectLabels& connects, OwnerList& owners)
      : capture_(capture), memory_(memory), holders_(holders), connects_(connects), owners_(owners) {}

  std::vector<std::uint32_t> Assign(const DominatorTree& tree) {
    const auto first_block = static_cast<std::uint32_t>(holders_.all().size() + 1);
    FindClientObjects(tree, first_block);
    const std::uint32_t shared = owners_.Find(OwnerKind::kShared, ""), lost = owners_.Find(OwnerKind::kLost, "");
    std::vector<std::uint32_t> of_node(first_block + capture_.blocks.size(), lost);
    for (const std::uint32_t node : tree.order) {
      if (node == 0) {
        of_node[node] = shared;
      } else if (node < first_block) {
        const Holder& holder = holders_.all()[node - 1];
        of_node[node] = owners_.Find(holder.kind, holder.name);
      } else {
        const auto client = client_objects_.find(node);
        const bool is_clients = client != client_objects_.end() && client->second != nullptr;
        of_node[node] = is_clients ? owners_.Find(OwnerKind::kClient, *client->second) : of_node[tree.parent[node]];
      }
    }
    of_node.erase(of_node.begin(), of_node.begin() + first_block);
    return of_node;
  }

 private:
  /// Null where several clients' things are below. A library that sets itself up while it serves a CONNECT has objects
  /// of that kind too: so the client's id must stand in the object, or in what the CONNECT made directly below it.
  void FindClientObjects(const DominatorTree& tree, std::uint32_t first_block) {
    client_objects_.clear();
    std::unordered_map<std::uint32_t, bool> has_id;
    for (std::size_t i = 0; i < capture_.blocks.size(); ++i) {
      const std::string* client = connects_.ClientOf(capture_.blocks[i].labels);
      if (client == nullptr) continue;
      const std::uint32_t above = tree.parent[first_block + i];
      if (above == kNoNode || above < first_block) continue;
      const auto [entry, is_new] = client_objects_.try_emplace(above, client);
      if (!is_new && entry->second != nullptr && *entry->second != *client) entry->second = nullptr;
      bool& has = has_id[above];
      has =
          has || (is_new && Holds(capture_.blocks[above - first_block], *client)) || Holds(capture_.blocks[i], *client);
    }
    for (const auto& [node, has] : has_id) {
      if (!has) client_objects_.erase(node);
    }
  }

  [[nodiscard]] bool Holds(const log::LiveEntry& block, const std::string& text) const {
    constexpr std::uint64_t kMostBytes = 1 << 16;
    std::string content(std::min(block.bytes, kMostBytes), '\0');
    content.resize(memory_.Read(block.handle, content.data(), content.size()));
    return content.find(text) != std::string::npos;
  }

  const HeapCapture& capture_;
  const MemorySource& memory_;
  const Holders& holders_;
  const ConnectLabels& connects_;
  OwnerList& owners_;
  std::unordered_map<std::uint32_t, const std::string*> client_objects_;
};

void SumByStack(const HeapCapture& capture, const std::vector<std::uint32_t>& owner_of, OwnerFindings& findings) {
  std::map<std::tuple<log::StackId, log::LabelsId, std::uint32_t, std::uint32_t>,
           std::pair<std::uint64_t, std::uint64_t>>
      sums;
  for (std::size_t i = 0; i < capture.blocks.size(); ++i) {
    const log::LiveEntry& block = capture.blocks[i];
    auto& [blocks, bytes] = sums[{block.stack, block.labels, block.generation, owner_of[i]}];
    ++blocks;
    bytes += block.bytes;
  }
  for (const auto& [key, sum] : sums) {
    const auto& [stack, labels, generation, owner] = key;
    findings.owned.push_back({stack, labels, generation, owner, sum.first, sum.second});
  }
}

/// Most bytes first; `owned` follows.
void SortOwners(OwnerFindings& findings) {
  std::vector<std::uint32_t> order(findings.owners.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const Owner &left = findings.owners[a], &right = findings.owners[b];
    return std::tuple(right.bytes, right.blocks, left.kind, left.name) <
           std::tuple(left.bytes, left.blocks, right.kind, right.name);
  });
  std::vector<std::uint32_t> place(order.size());
  std::vector<Owner> sorted;
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    place[order[i]] = i;
    sorted.push_back(std::move(findings.owners[order[i]]));
  }
  findings.owners = std::move(sorted);
  for (OwnedBlocks& owned : findings.owned) owned.owner = place[owned.owner];
  // Holders that hold nothing alone; they come last, so that no number changes.
  std::erase_if(findings.owners, [](const Owner& owner) { return owner.blocks == 0 && owner.blocks_by_all == 0; });
}

}  // namespace

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

void FindOwners(const HeapGraph& graph, const HeapCapture& capture, const MemorySource& memory,
                const VariableNames& names, OwnerFindings& findings) {
  const Holders holders(graph, capture, names);
  const ConnectLabels connects(capture.content);
  OwnerList owners(findings.owners);
  Assignment assignment(capture, memory, holders, connects, owners);
  {
    const DominatorTree by_all = FindDominators(MakeFlowGraph(graph, holders, nullptr, {}));
    const std::vector<std::uint32_t> owner_of = assignment.Assign(by_all);
    for (std::size_t i = 0; i < owner_of.size(); ++i) {
      ++findings.owners[owner_of[i]].blocks_by_all;
      findings.owners[owner_of[i]].bytes_by_all += capture.blocks[i].bytes;
    }
  }
  const StrongRoots strong_roots(graph, capture.content);
  const std::vector<bool> strong = StronglyHeld(graph, strong_roots);
  const DominatorTree by_strong = FindDominators(MakeFlowGraph(graph, holders, &strong_roots, strong));
  const std::vector<std::uint32_t> owner_of = assignment.Assign(by_strong);
  for (std::size_t i = 0; i < owner_of.size(); ++i) {
    ++findings.owners[owner_of[i]].blocks;
    findings.owners[owner_of[i]].bytes += capture.blocks[i].bytes;
    findings.bytes += capture.blocks[i].bytes;
  }
  findings.blocks = capture.blocks.size();
  SumByStack(capture, owner_of, findings);
  SortOwners(findings);
}

Result<OwnerFindings> LookForOwners(const process::RecordedProcess& process, const CaptureOptions& options,
                                    const std::function<VariableNames(const log::LogContent&)>& make_names) {
  OwnerFindings findings;
  const Status looked =
      WithCapture(process, options, [&](const HeapCapture& capture, const MemorySource& memory) -> Status {
        const Result<HeapGraph> graph = BuildHeapGraph(capture, memory);
        if (!graph) return graph.error();
        FindOwners(*graph, capture, memory, make_names(capture.content), findings);
        findings.process = capture.process;
        findings.content = capture.content;
        findings.overlapping = capture.overlapping;
        findings.has_unknown_heap = capture.has_unknown_heap;
        findings.look = {capture.stood_still, capture.cloned, capture.why_not_cloned, graph->unreadable};
        return {};
      });
  if (!looked) return looked.error();
  return findings;
}

}  // namespace mqtrack::heapgraph
