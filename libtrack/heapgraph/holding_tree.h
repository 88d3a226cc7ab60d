// One shortest chain of pointers from a root to each block: by words that hold it for sure, or, where there are none,
// by the others.
#pragma once

#include <cstdint>
#include <vector>

#include "libtrack/heapgraph/capture/memory_source.h"
#include "libtrack/heapgraph/heap_graph.h"
#include "libtrack/heapgraph/root_holders.h"

namespace mqtrack::heapgraph {

/// What points to a block in its chain: a block or a root edge.
class HeldBy {
 public:
  HeldBy() = default;
  static HeldBy Block(BlockId block) { return HeldBy(static_cast<std::uint32_t>(block)); }
  static HeldBy Root(std::size_t edge) { return HeldBy(static_cast<std::uint32_t>(edge) | kIsRoot); }
  [[nodiscard]] bool nothing() const { return word_ == kNothing; }
  [[nodiscard]] bool is_root() const { return !nothing() && (word_ & kIsRoot) != 0; }
  [[nodiscard]] BlockId block() const { return static_cast<BlockId>(word_); }
  [[nodiscard]] std::size_t root_edge() const { return word_ & ~kIsRoot; }

 private:
  explicit HeldBy(std::uint32_t word) : word_(word) {}
  static constexpr std::uint32_t kIsRoot = 0x80000000, kNothing = 0xffffffff;
  std::uint32_t word_ = kNothing;
};

struct HoldingTree {
  std::vector<HeldBy> held_by;  // by block; of a lost one nothing
  std::vector<bool> is_sure;    // by block: its chain begins at a strong root
  std::vector<BlockId> order;   // all that are held, each behind what holds it
};

/// Breadth first; roots of the program's own file before those of libraries.
[[nodiscard]] HoldingTree FindHoldingTree(const HeapGraph& graph, const StrongRoots& strong_roots,
                                          const log::LogContent& content);

/// Where in the block that holds it the pointer to each of `blocks` stands, in the order of `blocks`; of those that a
/// root holds 0. kNoOffset if it is not found any more.
inline constexpr std::uint64_t kNoOffset = 0xffffffffffffffff;
[[nodiscard]] std::vector<std::uint64_t> FindPointerOffsets(const HoldingTree& tree, const std::vector<BlockId>& blocks,
                                                            const std::vector<log::LiveEntry>& entries,
                                                            const BlockIndex& index, const MemorySource& memory);

}  // namespace mqtrack::heapgraph
