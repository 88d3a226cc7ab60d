#include "libtrack/heapgraph/holding_chains.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "libtrack/heapgraph/chain_shapes.h"
#include "libtrack/heapgraph/holding_tree.h"

namespace mqtrack::heapgraph {
namespace {

constexpr std::size_t kMostClients = 5, kMostRepeats = 3;

/// Which nodes of a tree lie below which.
class Below {
 public:
  explicit Below(const DominatorTree& tree) : first_(tree.parent.size()), size_(tree.parent.size(), 0) {
    for (const std::uint32_t node : tree.order) size_[node] = 1;
    for (std::size_t i = tree.order.size(); i-- > 1;) size_[tree.parent[tree.order[i]]] += size_[tree.order[i]];
    std::vector<std::uint32_t> next(tree.parent.size());
    for (const std::uint32_t node : tree.order) {
      const std::uint32_t parent = tree.parent[node];
      first_[node] = parent == kNoNode ? 0 : next[parent];
      if (parent != kNoNode) next[parent] += size_[node];
      next[node] = first_[node] + 1;
    }
  }
  /// A node is below itself. Not of what the root does not reach.
  [[nodiscard]] bool Is(std::uint32_t node, std::uint32_t above) const {
    return size_[node] != 0 && first_[node] - first_[above] < size_[above] && size_[above] != 0;
  }

 private:
  std::vector<std::uint32_t> first_, size_;
};

/// All that chains to `targets` lead through, each behind what holds it.
std::vector<BlockId> BlocksOfChains(const HoldingTree& tree, const std::vector<BlockId>& targets) {
  std::vector<bool> wanted(tree.held_by.size());
  for (BlockId block : targets) {
    while (!wanted[static_cast<std::size_t>(block)]) {
      wanted[static_cast<std::size_t>(block)] = true;
      const HeldBy held_by = tree.held_by[static_cast<std::size_t>(block)];
      if (held_by.nothing() || held_by.is_root()) break;
      block = held_by.block();
    }
  }
  std::vector<BlockId> blocks;
  for (const BlockId block : tree.order) {
    if (wanted[static_cast<std::size_t>(block)]) blocks.push_back(block);
  }
  return blocks;
}

/// What is summed up over the targets of one shape.
struct Group {
  bool is_sure = true;
  std::uint64_t blocks = 0, bytes = 0;
  std::uint64_t alone_by_root = 0;
  struct Step {
    std::unordered_set<std::uint32_t> blocks;
    std::uint64_t bytes = 0, alone = 0, most_in_a_row = 1;
  };
  std::vector<Step> steps;  // from the targets up
};

class Grouping {
 public:
  Grouping(const HeapGraph& graph, const HeapCapture& capture, const Ownership& ownership, const HoldingTree& tree,
           const BlockKinds& kinds, const ChainShapes& shapes)
      : capture_(capture),
        ownership_(ownership),
        tree_(tree),
        kinds_(kinds),
        shapes_(shapes),
        below_(ownership.tree),
        pointers_(graph.blocks()) {
    for (const Edge& edge : graph.edges) ++pointers_[static_cast<std::size_t>(edge.target())];
    for (const RootEdge& root : graph.root_edges) ++pointers_[static_cast<std::size_t>(root.edge.target())];
  }

  void Add(BlockId target) {
    const auto i = static_cast<std::size_t>(target);
    Group& group = groups_[{shapes_.PlaceOf(target).shape, tree_.is_sure[i]}];
    group.is_sure = tree_.is_sure[i];
    ++group.blocks;
    group.bytes += capture_.blocks[i].bytes;
    std::size_t level = 0;
    for (BlockId at = target; at != BlockId::kNone; at = shapes_.PlaceOf(at).before, ++level) {
      if (level == group.steps.size()) group.steps.emplace_back();
      Group::Step& step = group.steps[level];
      const Place& place = shapes_.PlaceOf(at);
      step.most_in_a_row = std::max<std::uint64_t>(step.most_in_a_row, place.in_a_row);
      step.alone += below_.Is(NodeOf(target), NodeOf(at)) ? 1 : 0;
      if (step.blocks.insert(static_cast<std::uint32_t>(at)).second)
        step.bytes += capture_.blocks[static_cast<std::size_t>(at)].bytes;
    }
    const std::uint32_t root = ownership_.root_nodes[shapes_.PlaceOf(target).root_edge];
    group.alone_by_root += below_.Is(NodeOf(target), root) ? 1 : 0;
  }

  [[nodiscard]] std::vector<HoldingChain> Chains() const {
    std::vector<HoldingChain> chains;
    for (const auto& [key, group] : groups_) {
      HoldingChain& chain = chains.emplace_back();
      chain.is_sure = group.is_sure;
      chain.blocks = group.blocks;
      chain.bytes = group.bytes;
      chain.root_holds_alone = group.alone_by_root == group.blocks;
      std::uint32_t number = key.first;
      chain.root = shapes_.root(shapes_.shape(number).root);
      for (const Group::Step& step : group.steps) {
        chain.steps.push_back(StepOf(shapes_.shape(number), step, group.blocks));
        number = shapes_.shape(number).parent;
      }
      std::reverse(chain.steps.begin(), chain.steps.end());
    }
    std::stable_sort(chains.begin(), chains.end(), [](const HoldingChain& a, const HoldingChain& b) {
      return std::tuple(b.bytes, b.blocks) < std::tuple(a.bytes, a.blocks);
    });
    return chains;
  }

 private:
  [[nodiscard]] std::uint32_t NodeOf(BlockId block) const {
    return ownership_.first_block + static_cast<std::uint32_t>(block);
  }

  [[nodiscard]] ChainStep StepOf(const Shape& shape, const Group::Step& group, std::uint64_t targets) const {
    ChainStep step;
    const BlockKind& kind = kinds_[shape.kind];
    step.member = shape.member;
    step.type_name = kind.type_name;
    step.maker = kind.maker;
    step.blocks = group.blocks.size();
    step.bytes = group.bytes;
    step.holds_alone = group.alone == targets;
    step.most_in_a_row = group.most_in_a_row;
    if (step.most_in_a_row > 1) {
      // The shortest ways say most.
      std::vector<std::string> ways(shape.repeats.begin(), shape.repeats.end());
      std::stable_sort(ways.begin(), ways.end(),
                       [](const std::string& a, const std::string& b) { return a.size() < b.size(); });
      ways.resize(std::min(ways.size(), kMostRepeats));
      step.repeats = std::move(ways);
    }
    std::vector<std::string> clients;
    for (const std::uint32_t block : group.blocks) {
      step.pointers += pointers_[block];
      const auto client = ownership_.client_objects.find(static_cast<BlockId>(block));
      if (client != ownership_.client_objects.end()) clients.push_back(client->second);
    }
    std::sort(clients.begin(), clients.end());
    step.client_count = clients.size();
    clients.resize(std::min(clients.size(), kMostClients));
    step.clients = std::move(clients);
    return step;
  }

  const HeapCapture& capture_;
  const Ownership& ownership_;
  const HoldingTree& tree_;
  const BlockKinds& kinds_;
  const ChainShapes& shapes_;
  const Below below_;
  std::vector<std::uint32_t> pointers_;  // by block: how many lead to it
  std::map<std::pair<std::uint32_t, bool>, Group> groups_;
};

}  // namespace

ChainFindings FindHoldingChains(const HeapGraph& graph, const HeapCapture& capture, const MemorySource& memory,
                                const Ownership& ownership, DataNames& names, const std::vector<BlockId>& targets) {
  const BlockIndex index(capture.blocks);
  const HoldingTree tree = FindHoldingTree(graph, StrongRoots(graph, capture.content), capture.content);
  const BlockKinds kinds(graph, capture, memory, index, names);
  const ChainShapes shapes(graph, capture, memory, index, tree, kinds, names, BlocksOfChains(tree, targets));
  Grouping grouping(graph, capture, ownership, tree, kinds, shapes);
  ChainFindings findings;
  for (const BlockId target : targets) {
    const std::uint64_t bytes = capture.blocks[static_cast<std::size_t>(target)].bytes;
    ++findings.blocks;
    findings.bytes += bytes;
    if (tree.held_by[static_cast<std::size_t>(target)].nothing()) {
      ++findings.lost_blocks;
      findings.lost_bytes += bytes;
    } else {
      grouping.Add(target);
    }
  }
  findings.chains = grouping.Chains();
  return findings;
}

}  // namespace mqtrack::heapgraph
