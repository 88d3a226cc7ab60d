// Blocks that nothing leads to: from no root along any number of pointers. What only lost blocks hold is lost with
// them. A head is where a loss begins: a lost block that no other lost block points to, or one of a ring of blocks that
// point to each other and that nobody else points to.
#pragma once

#include <cstdint>
#include <vector>

#include "libtrack/heapgraph/heap_graph.h"

namespace mqtrack::heapgraph {

struct LostHead {
  BlockId block{};
  std::uint32_t ring_blocks = 0;        // in its ring; 0: it is in none
  std::uint64_t blocks = 0, bytes = 0;  // itself, and all that is lost with it and with no head before it
};

struct LostBlocks {
  std::vector<bool> is_lost;  // by block
  std::vector<LostHead> heads;
  std::vector<std::uint32_t> head_of;  // by block: an index of `heads`, of a lost one
  std::uint64_t blocks = 0, bytes = 0;
};

/// `blocks` are those of the graph. Time and memory are linear in blocks and edges.
[[nodiscard]] LostBlocks FindLostBlocks(const HeapGraph& graph, const std::vector<log::LiveEntry>& blocks);

/// As FindLostBlocks, but only blocks for which `may_be_lost` is true count: others are taken to be held.
[[nodiscard]] LostBlocks FindLostBlocks(const HeapGraph& graph, const std::vector<log::LiveEntry>& blocks,
                                        const std::vector<bool>& may_be_lost);

}  // namespace mqtrack::heapgraph
