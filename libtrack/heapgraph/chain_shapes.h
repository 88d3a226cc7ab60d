// The shapes of holding chains as a tree, and for each block that a chain leads through its place in it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "libtrack/heapgraph/block_kinds.h"
#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/heapgraph/data_names.h"
#include "libtrack/heapgraph/heap_graph.h"
#include "libtrack/heapgraph/holding_chains.h"
#include "libtrack/heapgraph/holding_tree.h"

namespace mqtrack::heapgraph {

inline constexpr std::uint32_t kNoShape = 0xffffffff;

struct Shape {
  std::uint32_t parent = kNoShape;  // kNoShape: the root holds it
  std::uint32_t root = 0;           // index of ChainShapes::roots()
  std::string member;
  KindId kind{};
  std::set<std::string> repeats;
};

/// Where a block is in its chain.
struct Place {
  std::uint32_t shape = kNoShape;
  BlockId before = BlockId::kNone;  // the last block of the shape before that its chain leads through
  std::uint32_t in_a_row = 1;       // the how many-th of this shape
  std::size_t root_edge = 0;        // with which the chain begins
};

class ChainShapes {
 public:
  /// `chain_blocks`: all that the chains lead through, each behind what holds it.
  ChainShapes(const HeapGraph& graph, const HeapCapture& capture, const MemorySource& memory, const BlockIndex& index,
              const HoldingTree& tree, const BlockKinds& kinds, DataNames& names,
              const std::vector<BlockId>& chain_blocks);

  [[nodiscard]] const Shape& shape(std::uint32_t number) const { return shapes_[number]; }
  [[nodiscard]] const ChainRoot& root(std::uint32_t number) const { return roots_[number]; }
  [[nodiscard]] const Place& PlaceOf(BlockId block) const { return places_[static_cast<std::size_t>(block)]; }

 private:
  /// By which member a block is pointed to.
  struct Entry {
    std::string member;
    std::uint64_t offset = 0;
    bool named = false;  // by its type; else `member` is made of the offset
    std::uint32_t root = 0;
  };
  static void Name(Entry& entry, const std::optional<std::string>& member);
  [[nodiscard]] Entry EntryOf(BlockId block, std::uint64_t offset);
  [[nodiscard]] Entry RootEntry(const RootEdge& edge);
  [[nodiscard]] std::uint32_t FindRoot(ChainRoot root, const std::string& key);
  void MergeOffsets(const std::vector<BlockId>& blocks, std::vector<Entry>& entries) const;
  void Put(BlockId block, const Entry& entry);

  const HeapGraph& graph_;
  const HeapCapture& capture_;
  const HoldingTree& tree_;
  const BlockKinds& kinds_;
  DataNames& names_;
  std::vector<ChainRoot> roots_;
  std::map<std::string, std::uint32_t> root_numbers_;
  std::vector<Shape> shapes_;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::string, KindId>, std::uint32_t> shape_numbers_;
  std::vector<Place> places_;  // by block
};

}  // namespace mqtrack::heapgraph
