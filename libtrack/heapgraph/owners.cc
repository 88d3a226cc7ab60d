#include "libtrack/heapgraph/owners.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "libtrack/heapgraph/dominators.h"

namespace mqtrack::heapgraph {
namespace {

using support::Result;
using support::Status;

constexpr std::string_view kConnect = "CONNECT";
constexpr std::string_view kNoId = "(empty)";  // the recorder's word for a client whose id the service makes up

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
    const std::uint32_t first_block = holders_.first_block();
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

  /// By the tree that was assigned last.
  [[nodiscard]] std::unordered_map<BlockId, std::string> ClientObjects() const {
    std::unordered_map<BlockId, std::string> objects;
    for (const auto& [node, client] : client_objects_) {
      if (client != nullptr) objects.emplace(static_cast<BlockId>(node - holders_.first_block()), *client);
    }
    return objects;
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

/// By block: the client that has a use of it (OwnedBlocks::used_by).
std::vector<std::uint32_t> FindUsers(const HeapGraph& graph, const DominatorTree& tree, std::uint32_t first_block,
                                     const std::vector<Owner>& owners, const std::vector<std::uint32_t>& owner_of) {
  std::vector<std::uint32_t> user_of(owner_of.size(), kNobody);
  const auto is_clients = [&](std::size_t block) { return owners[owner_of[block]].kind == OwnerKind::kClient; };
  for (std::size_t i = 0; i < owner_of.size(); ++i) {
    if (!is_clients(i)) continue;
    for (const Edge edge : graph.EdgesOf(static_cast<BlockId>(i))) {
      const auto target = static_cast<std::size_t>(edge.target());
      if (!is_clients(target) && user_of[target] == kNobody) user_of[target] = owner_of[i];
    }
  }
  for (const std::uint32_t node : tree.order) {  // each behind its parent
    if (node < first_block || tree.parent[node] == kNoNode || tree.parent[node] < first_block) continue;
    const std::uint32_t block = node - first_block;
    if (user_of[block] == kNobody && !is_clients(block)) user_of[block] = user_of[tree.parent[node] - first_block];
  }
  return user_of;
}

void SumByStack(const HeapCapture& capture, const std::vector<std::uint32_t>& owner_of,
                const std::vector<std::uint32_t>& user_of, OwnerFindings& findings) {
  std::map<std::tuple<log::StackId, log::LabelsId, std::uint32_t, std::uint32_t, std::uint32_t>,
           std::pair<std::uint64_t, std::uint64_t>>
      sums;
  for (std::size_t i = 0; i < capture.blocks.size(); ++i) {
    const log::LiveEntry& block = capture.blocks[i];
    auto& [blocks, bytes] = sums[{block.stack, block.labels, block.generation, owner_of[i], user_of[i]}];
    ++blocks;
    bytes += block.bytes;
  }
  for (const auto& [key, sum] : sums) {
    const auto& [stack, labels, generation, owner, user] = key;
    findings.owned.push_back({stack, labels, generation, owner, user, sum.first, sum.second});
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
  for (OwnedBlocks& owned : findings.owned) {
    owned.owner = place[owned.owner];
    if (owned.used_by != kNobody) owned.used_by = place[owned.used_by];
  }
  // Holders that hold nothing alone; they come last, so that no number changes.
  std::erase_if(findings.owners, [](const Owner& owner) { return owner.blocks == 0 && owner.blocks_by_all == 0; });
}

/// What is known of the owners that are clients.
void AddClientStates(const HeapCapture& capture, const MemorySource& memory, const DominatorTree& tree,
                     std::uint32_t first_block, const std::vector<std::uint32_t>& owner_of, const StackPlaces& places,
                     std::vector<Owner>& owners) {
  OwnedTree owned{tree, first_block, owner_of, {}};
  for (const Owner& owner : owners) owned.clients.push_back(owner.kind == OwnerKind::kClient ? &owner.name : nullptr);
  const auto is_client = [](const std::string* client) { return client != nullptr; };
  if (std::none_of(owned.clients.begin(), owned.clients.end(), is_client)) return;
  const SessionTable sessions(capture.content.facts.broker, memory);
  const std::vector<std::optional<std::uint64_t>> messages = CountMessages(capture, owned, places);
  for (std::size_t i = 0; i < owners.size(); ++i) {
    if (!is_client(owned.clients[i])) continue;
    owners[i].client = sessions.Of(owners[i].name);
    owners[i].client.message_blocks = messages[i];
  }
}

}  // namespace

void FindOwners(const HeapGraph& graph, const HeapCapture& capture, const MemorySource& memory,
                const VariableNames& names, const StackPlaces& places, OwnerFindings& findings) {
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
  findings.knows_clients = capture.content.facts.counts_packets;
  AddClientStates(capture, memory, by_strong, holders.first_block(), owner_of, places, findings.owners);
  SumByStack(capture, owner_of, FindUsers(graph, by_strong, holders.first_block(), findings.owners, owner_of),
             findings);
  SortOwners(findings);
}

Ownership AssignBlocks(const HeapGraph& graph, const HeapCapture& capture, const MemorySource& memory,
                       const VariableNames& names) {
  Ownership ownership;
  const Holders holders(graph, capture, names);
  const ConnectLabels connects(capture.content);
  OwnerList owners(ownership.owners);
  Assignment assignment(capture, memory, holders, connects, owners);
  const StrongRoots strong_roots(graph, capture.content);
  ownership.tree = FindDominators(MakeFlowGraph(graph, holders, &strong_roots, StronglyHeld(graph, strong_roots)));
  ownership.first_block = holders.first_block();
  for (std::size_t i = 0; i < graph.root_edges.size(); ++i) ownership.root_nodes.push_back(holders.NodeOf(i));
  ownership.owner_of = assignment.Assign(ownership.tree);
  ownership.client_objects = assignment.ClientObjects();
  return ownership;
}

Result<OwnerFindings> LookForOwners(const process::RecordedProcess& process, const CaptureOptions& options,
                                    const OwnerNames& names) {
  OwnerFindings findings;
  const Status looked =
      WithCapture(process, options, [&](const HeapCapture& capture, const MemorySource& memory) -> Status {
        const Result<HeapGraph> graph = BuildHeapGraph(capture, memory);
        if (!graph) return graph.error();
        FindOwners(*graph, capture, memory, names.variables(capture.content),
                   names.places ? names.places(capture) : StackPlaces(), findings);
        findings.process = capture.process;
        findings.content = capture.content;
        findings.overlapping = capture.overlapping;
        findings.has_unknown_heap = capture.has_unknown_heap;
        findings.look = {capture.stood_still, capture.cloned, capture.why_not_cloned, graph->unreadable,
                         capture.from_core};
        return {};
      });
  if (!looked) return looked.error();
  return findings;
}

}  // namespace mqtrack::heapgraph
