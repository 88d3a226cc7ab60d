// Rings are strongly connected components, found by Tarjan's algorithm (Depth-first search and linear graph algorithms,
// 1972) with a stack of its own instead of recursion. A component without an edge from another lost one is where a loss
// begins.
#include "libtrack/heapgraph/lost_blocks.h"

#include <algorithm>

namespace mqtrack::heapgraph {
namespace {

using log::LiveEntry;

constexpr std::uint32_t kNone = 0xffffffff;

std::vector<bool> FindHeld(const HeapGraph& graph, const std::vector<bool>& may_be_lost) {
  std::vector<BlockId> starts;
  for (const RootEdge& root : graph.root_edges) starts.push_back(root.edge.target());
  for (std::size_t i = 0; i < may_be_lost.size(); ++i) {
    if (!may_be_lost[i]) starts.push_back(static_cast<BlockId>(i));
  }
  return ReachedFrom(graph, starts);
}

/// Components of the lost blocks, numbered so that a component comes after all that it points to.
class Components {
 public:
  Components(const HeapGraph& graph, const std::vector<bool>& is_lost)
      : graph_(graph),
        is_lost_(is_lost),
        order_(graph.blocks(), kNone),
        low_(graph.blocks()),
        of_(graph.blocks(), kNone) {
    for (std::size_t i = 0; i < graph.blocks(); ++i) {
      if (is_lost[i] && order_[i] == kNone) Walk(static_cast<std::uint32_t>(i));
    }
  }
  [[nodiscard]] std::uint32_t Of(std::size_t block) const { return of_[block]; }
  [[nodiscard]] std::uint32_t size() const { return count_; }

 private:
  struct Step {
    std::uint32_t block;
    std::uint32_t edge;  // of the block's edges, the next to look at
  };

  void Enter(std::uint32_t block) {
    order_[block] = low_[block] = next_++;
    open_.push_back(block);
    steps_.push_back({block, 0});
  }

  void Walk(std::uint32_t start) {
    Enter(start);
    while (!steps_.empty()) {
      Step& step = steps_.back();
      const std::span<const Edge> edges = graph_.EdgesOf(static_cast<BlockId>(step.block));
      if (step.edge < edges.size()) {
        const auto target = static_cast<std::uint32_t>(edges[step.edge++].target());
        if (!is_lost_[target]) continue;
        if (order_[target] == kNone) {
          Enter(target);
        } else if (of_[target] == kNone) {
          low_[step.block] = std::min(low_[step.block], order_[target]);
        }
        continue;
      }
      Leave();
    }
  }

  void Leave() {
    const std::uint32_t block = steps_.back().block;
    steps_.pop_back();
    if (!steps_.empty()) low_[steps_.back().block] = std::min(low_[steps_.back().block], low_[block]);
    if (low_[block] != order_[block]) return;
    for (;;) {
      const std::uint32_t member = open_.back();
      open_.pop_back();
      of_[member] = count_;
      if (member == block) break;
    }
    ++count_;
  }

  const HeapGraph& graph_;
  const std::vector<bool>& is_lost_;
  std::vector<std::uint32_t> order_, low_, of_, open_;
  std::vector<Step> steps_;
  std::uint32_t next_ = 0, count_ = 0;
};

/// One head for each component that no other lost one points to.
std::vector<LostHead> FindHeads(const HeapGraph& graph, const std::vector<LiveEntry>& blocks, const LostBlocks& lost) {
  const Components components(graph, lost.is_lost);
  struct Facts {
    bool pointed_to = false;
    std::uint32_t size = 0, head = kNone;
  };
  std::vector<Facts> facts(components.size());
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (!lost.is_lost[i]) continue;
    Facts& own = facts[components.Of(i)];
    ++own.size;
    // Of a ring the oldest block, and of equally old ones the lowest.
    if (own.head == kNone || blocks[i].generation < blocks[own.head].generation)
      own.head = static_cast<std::uint32_t>(i);
    for (const Edge& edge : graph.EdgesOf(static_cast<BlockId>(i))) {
      const auto target = static_cast<std::size_t>(edge.target());
      if (lost.is_lost[target] && components.Of(target) != components.Of(i))
        facts[components.Of(target)].pointed_to = true;
    }
  }
  std::vector<LostHead> heads;
  for (const Facts& own : facts) {
    if (!own.pointed_to && own.head != kNone)
      heads.push_back({static_cast<BlockId>(own.head), own.size > 1 ? own.size : 0});
  }
  std::sort(heads.begin(), heads.end(), [](const LostHead& a, const LostHead& b) { return a.block < b.block; });
  return heads;
}

void ShareOut(const HeapGraph& graph, const std::vector<LiveEntry>& blocks, LostBlocks& lost) {
  lost.head_of.assign(blocks.size(), kNone);
  std::vector<BlockId> queue;
  for (std::size_t number = 0; number < lost.heads.size(); ++number) {
    LostHead& head = lost.heads[number];
    const auto take = [&](BlockId block) {
      const auto i = static_cast<std::size_t>(block);
      if (!lost.is_lost[i] || lost.head_of[i] != kNone) return;
      lost.head_of[i] = static_cast<std::uint32_t>(number);
      ++head.blocks;
      head.bytes += blocks[i].bytes;
      queue.push_back(block);
    };
    take(head.block);
    while (!queue.empty()) {
      const BlockId block = queue.back();
      queue.pop_back();
      for (const Edge& edge : graph.EdgesOf(block)) take(edge.target());
    }
    lost.blocks += head.blocks;
    lost.bytes += head.bytes;
  }
}

}  // namespace

LostBlocks FindLostBlocks(const HeapGraph& graph, const std::vector<LiveEntry>& blocks) {
  return FindLostBlocks(graph, blocks, {});
}

LostBlocks FindLostBlocks(const HeapGraph& graph, const std::vector<LiveEntry>& blocks,
                          const std::vector<bool>& may_be_lost) {
  LostBlocks lost;
  lost.is_lost = FindHeld(graph, may_be_lost);
  lost.is_lost.flip();
  lost.heads = FindHeads(graph, blocks, lost);
  ShareOut(graph, blocks, lost);
  return lost;
}

}  // namespace mqtrack::heapgraph
