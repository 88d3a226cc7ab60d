// Who points to whom: the recorded blocks as nodes, and an edge for every word of one that is an address in another.
// Where the words stand that nothing has to hold (root_regions.h) is where everything that is held hangs.
//
// Flat arrays, by the blocks' numbers; some 60 bytes a block with two edges each. Nothing recurses.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "libtrack/heapgraph/block_index.h"
#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/heapgraph/root_regions.h"

namespace mqtrack::heapgraph {

/// An edge to a block: by a pointer to its start, or into it (a low tag bit, an embedded list node, a second base
/// class).
class Edge {
 public:
  Edge(BlockId target, bool interior) : word_(static_cast<std::uint32_t>(target) | (interior ? kInterior : 0)) {}
  [[nodiscard]] BlockId target() const { return static_cast<BlockId>(word_ & ~kInterior); }
  [[nodiscard]] bool interior() const { return (word_ & kInterior) != 0; }
  bool operator==(const Edge&) const = default;

 private:
  static constexpr std::uint32_t kInterior = 0x80000000;
  std::uint32_t word_;
};
inline constexpr std::size_t kMostBlocks = 0x7fffffff;

/// A word of a root that is an address in a block.
struct RootEdge {
  std::uint64_t address;  // of the word; of a register, its number
  Edge edge;
  std::uint32_t region;  // index in HeapGraph::regions
};

struct HeapGraph {
  std::vector<std::uint64_t> first_edge;  // by block, and one more: where its edges begin in `edges`
  std::vector<Edge> edges;                // to each other block once; none to itself
  std::vector<RootRegion> regions;        // one for each thread's registers too
  std::vector<RootEdge> root_edges;
  std::uint64_t scanned_bytes = 0;  // words of blocks and roots that were looked at
  std::uint64_t unreadable = 0;     // regions and blocks of which a part could not be read

  [[nodiscard]] std::size_t blocks() const { return first_edge.size() - 1; }
  [[nodiscard]] std::span<const Edge> EdgesOf(BlockId block) const {
    const auto i = static_cast<std::size_t>(block);
    return {edges.data() + first_edge[i], edges.data() + first_edge[i + 1]};
  }
};

/// Reads everything. An error: more blocks than can be numbered.
[[nodiscard]] support::Result<HeapGraph> BuildHeapGraph(const HeapCapture& capture, const MemorySource& memory);

/// By block: whether edges lead to it from one of `starts`, which are among them.
[[nodiscard]] std::vector<bool> ReachedFrom(const HeapGraph& graph, const std::vector<BlockId>& starts);

}  // namespace mqtrack::heapgraph
