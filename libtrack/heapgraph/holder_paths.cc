#include "libtrack/heapgraph/holder_paths.h"

#include <map>
#include <tuple>

#include "libtrack/heapgraph/chain_shapes.h"
#include "libtrack/heapgraph/holding_tree.h"

namespace mqtrack::heapgraph {
namespace {

class Builder {
 public:
  Builder(const HeapCapture& capture, const Ownership& ownership, const BlockKinds& kinds, const ChainShapes& shapes,
          const HoldingTree& chains)
      : capture_(capture),
        ownership_(ownership),
        kinds_(kinds),
        shapes_(shapes),
        chains_(chains),
        node_of_(capture.blocks.size(), kNoHolder) {
    for (std::uint32_t owner = 0; owner < ownership.owners.size(); ++owner) {
      paths_.nodes.emplace_back().owner = owner;
      kind_of_.emplace_back();
    }
  }

  HolderPaths Build() {
    for (const std::uint32_t node : ownership_.tree.order) {
      if (node >= ownership_.first_block) Put(node - ownership_.first_block);
    }
    for (std::uint32_t block = 0; block < node_of_.size(); ++block) {  // what nothing holds
      if (node_of_[block] == kNoHolder) Put(block);
    }
    std::map<std::pair<std::uint32_t, log::StackId>, std::pair<std::uint64_t, std::uint64_t>> sums;
    for (std::size_t block = 0; block < node_of_.size(); ++block) {
      auto& [blocks, bytes] = sums[{node_of_[block], capture_.blocks[block].stack}];
      ++blocks;
      bytes += capture_.blocks[block].bytes;
    }
    for (const auto& [key, sum] : sums) paths_.held.push_back({key.first, key.second, sum.first, sum.second});
    return std::move(paths_);
  }

 private:
  /// The block that alone holds it and has its owner too; kNone: the owner itself holds it.
  [[nodiscard]] BlockId HolderOf(std::uint32_t block) const {
    const std::uint32_t above = ownership_.tree.parent[ownership_.first_block + block];
    if (above == kNoNode || above < ownership_.first_block) return BlockId::kNone;
    const std::uint32_t holder = above - ownership_.first_block;
    return ownership_.owner_of[holder] == ownership_.owner_of[block] ? static_cast<BlockId>(holder) : BlockId::kNone;
  }

  /// Where the holder points to it, if its chain leads there and no further object lies between the two.
  [[nodiscard]] std::string MemberOf(std::uint32_t block, BlockId holder) const {
    const bool is_held = !chains_.held_by[block].nothing();
    const std::uint32_t above = ownership_.tree.parent[ownership_.first_block + block];
    const bool begins_at_root = above < ownership_.first_block;
    const bool is_clients_own = ownership_.owners[ownership_.owner_of[block]].kind == OwnerKind::kClient;
    if (!is_held || (holder == BlockId::kNone && (is_clients_own || !begins_at_root))) return {};
    const Place& place = shapes_.PlaceOf(static_cast<BlockId>(block));
    return place.before == holder ? shapes_.shape(place.shape).member : std::string();
  }

  void Put(std::uint32_t block) {
    const BlockId holder = HolderOf(block);
    const std::uint32_t owner = ownership_.owner_of[block];
    const KindId kind = kinds_.SameTypeAs(kinds_.KindOf(static_cast<BlockId>(block)));
    const std::uint32_t parent = holder == BlockId::kNone ? owner : node_of_[static_cast<std::size_t>(holder)];
    for (std::uint32_t at = parent; paths_.nodes[at].parent != kNoHolder; at = paths_.nodes[at].parent) {
      if (kind_of_[at] != kind) continue;
      node_of_[block] = at;
      return;
    }
    const std::string member = MemberOf(block, holder);
    const auto [number, is_new] =
        numbers_.try_emplace({parent, member, kind}, static_cast<std::uint32_t>(paths_.nodes.size()));
    if (is_new) {
      paths_.nodes.push_back({parent, owner, member, kinds_[kind].type_name, kinds_[kind].maker});
      kind_of_.push_back(kind);
    }
    node_of_[block] = number->second;
  }

  const HeapCapture& capture_;
  const Ownership& ownership_;
  const BlockKinds& kinds_;
  const ChainShapes& shapes_;
  const HoldingTree& chains_;
  HolderPaths paths_;
  std::vector<KindId> kind_of_;  // by node
  std::vector<std::uint32_t> node_of_;
  std::map<std::tuple<std::uint32_t, std::string, KindId>, std::uint32_t> numbers_;
};

}  // namespace

HolderPaths FindHolderPaths(const HeapGraph& graph, const HeapCapture& capture, const MemorySource& memory,
                            const Ownership& ownership, DataNames& names) {
  const BlockIndex index(capture.blocks);
  const HoldingTree chains = FindHoldingTree(graph, StrongRoots(graph, capture.content), capture.content);
  const BlockKinds kinds(graph, capture, memory, index, names);
  const ChainShapes shapes(graph, capture, memory, index, chains, kinds, names, chains.order);
  return Builder(capture, ownership, kinds, shapes, chains).Build();
}

}  // namespace mqtrack::heapgraph
