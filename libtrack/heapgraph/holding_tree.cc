#include "libtrack/heapgraph/holding_tree.h"

#include <algorithm>
#include <utility>

namespace mqtrack::heapgraph {
namespace {

constexpr std::uint64_t kWord = sizeof(std::uint64_t);

/// Whose chain is understood best comes first.
int RankOf(const RootRegion& region, const log::LogContent& content) {
  switch (region.kind) {
    case RootKind::kGlobal:
      return region.subject != kNoSubject && content.modules[region.subject].is_main ? 0 : 1;
    case RootKind::kThreadLocal:
      return 2;
    case RootKind::kMapping:
    case RootKind::kKernel:
      return 3;
    case RootKind::kStack:
      return 4;
    case RootKind::kRegister:
      return 5;
    case RootKind::kUnexplained:
    case RootKind::kUnknownHeap:
      break;
  }
  return 6;
}

}  // namespace

HoldingTree FindHoldingTree(const HeapGraph& graph, const StrongRoots& strong_roots, const log::LogContent& content) {
  HoldingTree tree;
  tree.held_by.resize(graph.blocks());
  tree.is_sure.resize(graph.blocks());
  struct Start {
    bool weak;
    int rank;
    std::size_t edge;
  };
  std::vector<Start> starts;
  starts.reserve(graph.root_edges.size());
  for (std::size_t i = 0; i < graph.root_edges.size(); ++i) {
    const RootEdge& edge = graph.root_edges[i];
    starts.push_back({!strong_roots.Contain(edge), RankOf(graph.regions[edge.region], content), i});
  }
  std::stable_sort(starts.begin(), starts.end(), [](const Start& a, const Start& b) {
    return std::pair(a.weak, a.rank) < std::pair(b.weak, b.rank);
  });
  const auto reach = [&](BlockId block, HeldBy held_by, bool sure) {
    const auto i = static_cast<std::size_t>(block);
    if (!tree.held_by[i].nothing()) return;
    tree.held_by[i] = held_by;
    tree.is_sure[i] = sure;
    tree.order.push_back(block);
  };
  std::size_t next = 0;
  for (std::size_t i = 0; i < starts.size();) {
    const bool weak = starts[i].weak;
    for (; i < starts.size() && starts[i].weak == weak; ++i)
      reach(graph.root_edges[starts[i].edge].edge.target(), HeldBy::Root(starts[i].edge), !weak);
    for (; next < tree.order.size(); ++next) {
      const BlockId block = tree.order[next];
      for (const Edge& edge : graph.EdgesOf(block)) reach(edge.target(), HeldBy::Block(block), !weak);
    }
  }
  return tree;
}

std::vector<std::uint64_t> FindPointerOffsets(const HoldingTree& tree, const std::vector<BlockId>& blocks,
                                              const std::vector<log::LiveEntry>& entries, const BlockIndex& index,
                                              const MemorySource& memory) {
  std::vector<std::uint64_t> offsets(blocks.size(), kNoOffset);
  std::vector<std::pair<std::uint32_t, std::size_t>> by_holder;  // and the place in `blocks`
  std::vector<std::uint32_t> place(entries.size(), 0xffffffff);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const HeldBy held_by = tree.held_by[static_cast<std::size_t>(blocks[i])];
    if (held_by.nothing() || held_by.is_root()) {
      offsets[i] = 0;
      continue;
    }
    place[static_cast<std::size_t>(blocks[i])] = static_cast<std::uint32_t>(i);
    by_holder.emplace_back(static_cast<std::uint32_t>(held_by.block()), i);
  }
  std::sort(by_holder.begin(), by_holder.end());
  std::vector<bool> is_to_start(blocks.size());
  std::vector<std::uint64_t> words;
  for (std::size_t i = 0; i < by_holder.size();) {
    const std::uint32_t holder = by_holder[i].first;
    for (; i < by_holder.size() && by_holder[i].first == holder;) ++i;
    // As the graph was scanned: words at multiples of 8.
    const std::uint64_t start = (entries[holder].handle + kWord - 1) & ~(kWord - 1);
    const std::uint64_t end = (entries[holder].handle + entries[holder].bytes) & ~(kWord - 1);
    words.resize(end > start ? (end - start) / kWord : 0);
    words.resize(memory.Read(start, words.data(), words.size() * kWord) / kWord);
    for (std::size_t j = 0; j < words.size(); ++j) {
      const BlockId target = index.Find(words[j]);
      if (target == BlockId::kNone) continue;
      const std::uint32_t at = place[static_cast<std::size_t>(target)];
      const HeldBy held_by = tree.held_by[static_cast<std::size_t>(target)];
      if (at == 0xffffffff || held_by.is_root() || static_cast<std::uint32_t>(held_by.block()) != holder) continue;
      // A pointer to its start says more than one into it.
      const bool is_start = entries[static_cast<std::size_t>(target)].handle == words[j];
      if (offsets[at] != kNoOffset && (is_to_start[at] || !is_start)) continue;
      offsets[at] = start + j * kWord - entries[holder].handle;
      is_to_start[at] = is_start;
    }
  }
  return offsets;
}

}  // namespace mqtrack::heapgraph
