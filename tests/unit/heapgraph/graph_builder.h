// A heap graph made by hand: blocks of one size in a row, and who points to whom.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "libtrack/heapgraph/heap_graph.h"

namespace mqtrack::heapgraph {

inline constexpr std::uint64_t kBlockBytes = 32;

struct HandMade {
  HeapGraph graph;
  std::vector<log::LiveEntry> blocks;
};

inline HandMade MakeGraph(std::uint32_t count, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& edges,
                          const std::vector<std::uint32_t>& held) {
  HandMade made;
  std::vector<std::vector<Edge>> by_block(count);
  for (const auto& [from, to] : edges) by_block[from].emplace_back(static_cast<BlockId>(to), false);
  made.graph.first_edge.push_back(0);
  for (std::uint32_t i = 0; i < count; ++i) {
    log::LiveEntry& block = made.blocks.emplace_back();
    block.kind = log::Kind::kHeapBlock;
    block.handle = 0x10000 + std::uint64_t{i} * 2 * kBlockBytes;
    block.bytes = kBlockBytes;
    made.graph.edges.insert(made.graph.edges.end(), by_block[i].begin(), by_block[i].end());
    made.graph.first_edge.push_back(made.graph.edges.size());
  }
  made.graph.regions.push_back({});
  for (const std::uint32_t block : held) made.graph.root_edges.push_back({0, {static_cast<BlockId>(block), false}, 0});
  return made;
}

}  // namespace mqtrack::heapgraph
