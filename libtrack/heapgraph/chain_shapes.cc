#include "libtrack/heapgraph/chain_shapes.h"

#include <cstdio>

#include "libtrack/support/base_name.h"

namespace mqtrack::heapgraph {
namespace {

// Pointers to one kind at more places than this, and without a name, are an array.
constexpr std::size_t kMostOffsets = 4;

std::string Hexadecimal(std::uint64_t number) {
  char text[24];
  std::snprintf(text, sizeof text, "+0x%llx", static_cast<unsigned long long>(number));
  return text;
}

}  // namespace

ChainShapes::ChainShapes(const HeapGraph& graph, const HeapCapture& capture, const MemorySource& memory,
                         const BlockIndex& index, const HoldingTree& tree, const BlockKinds& kinds, DataNames& names,
                         const std::vector<BlockId>& chain_blocks)
    : graph_(graph), capture_(capture), tree_(tree), kinds_(kinds), names_(names), places_(capture.blocks.size()) {
  const std::vector<std::uint64_t> offsets = FindPointerOffsets(tree, chain_blocks, capture.blocks, index, memory);
  std::vector<Entry> entries;
  entries.reserve(chain_blocks.size());
  for (std::size_t i = 0; i < chain_blocks.size(); ++i) entries.push_back(EntryOf(chain_blocks[i], offsets[i]));
  MergeOffsets(chain_blocks, entries);
  for (std::size_t i = 0; i < chain_blocks.size(); ++i) Put(chain_blocks[i], entries[i]);
}

void ChainShapes::Name(Entry& entry, const std::optional<std::string>& member) {
  entry.named = member.has_value();
  entry.member = member ? *member : Hexadecimal(entry.offset);
}

ChainShapes::Entry ChainShapes::EntryOf(BlockId block, std::uint64_t offset) {
  const HeldBy held_by = tree_.held_by[static_cast<std::size_t>(block)];
  if (held_by.is_root()) return RootEntry(graph_.root_edges[held_by.root_edge()]);
  Entry entry;
  if (offset == kNoOffset) return entry;
  entry.offset = offset;
  const TypeId type = kinds_[kinds_.KindOf(held_by.block())].type;
  const std::uint64_t bytes = capture_.blocks[static_cast<std::size_t>(held_by.block())].bytes;
  Name(entry, type == TypeId::kNone ? std::nullopt : names_.MemberAt(type, bytes, offset));
  return entry;
}

ChainShapes::Entry ChainShapes::RootEntry(const RootEdge& edge) {
  const RootRegion& region = graph_.regions[edge.region];
  Entry entry;
  entry.named = true;
  ChainRoot root;
  root.kind = region.kind;
  std::string key = std::to_string(static_cast<int>(region.kind)) + ":";
  switch (region.kind) {
    case RootKind::kGlobal:
      if (region.subject == kNoSubject) break;
      root.module = support::BaseName(capture_.content.modules[region.subject].path);
      root.variable = names_.VariableAt(region.subject, edge.address);
      key += std::to_string(region.subject) + ":" + root.variable.name + ":" + std::to_string(root.variable.start);
      entry.offset = edge.address -
                     (root.variable.name.empty() ? capture_.content.modules[region.subject].bias : root.variable.start);
      if (root.variable.type != TypeId::kNone)
        Name(entry, names_.MemberAt(root.variable.type, names_.BytesOf(root.variable.type), entry.offset));
      else if (root.variable.name.empty() || entry.offset != 0)  // the whole of a variable needs no word
        Name(entry, std::nullopt);
      break;
    case RootKind::kThreadLocal:
    case RootKind::kStack:
    case RootKind::kRegister:
      root.thread = ThreadTitle(capture_, region.subject);
      key += root.thread;
      break;
    case RootKind::kMapping:
    case RootKind::kUnexplained:
    case RootKind::kKernel:
    case RootKind::kUnknownHeap:
      break;
  }
  entry.root = FindRoot(std::move(root), key);
  return entry;
}

std::uint32_t ChainShapes::FindRoot(ChainRoot root, const std::string& key) {
  const auto [number, is_new] = root_numbers_.try_emplace(key, static_cast<std::uint32_t>(roots_.size()));
  if (is_new) roots_.push_back(std::move(root));
  return number->second;
}

/// Without a type the slots of an array have no name in common.
void ChainShapes::MergeOffsets(const std::vector<BlockId>& blocks, std::vector<Entry>& entries) const {
  using Key = std::tuple<bool, std::uint32_t, KindId>;
  const auto key_of = [&](std::size_t i) {
    const HeldBy held_by = tree_.held_by[static_cast<std::size_t>(blocks[i])];
    const std::uint32_t holder =
        held_by.is_root() ? entries[i].root : static_cast<std::uint32_t>(kinds_.KindOf(held_by.block()));
    return Key(held_by.is_root(), holder, kinds_.KindOf(blocks[i]));
  };
  std::map<Key, std::set<std::uint64_t>> offsets;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].named) continue;
    std::set<std::uint64_t>& known = offsets[key_of(i)];
    if (known.size() <= kMostOffsets) known.insert(entries[i].offset);
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].named && offsets[key_of(i)].size() > kMostOffsets) entries[i].member = "[]";
  }
}

void ChainShapes::Put(BlockId block, const Entry& entry) {
  const HeldBy held_by = tree_.held_by[static_cast<std::size_t>(block)];
  const KindId kind = kinds_.SameTypeAs(kinds_.KindOf(block));
  Place& place = places_[static_cast<std::size_t>(block)];
  std::uint32_t parent = kNoShape, root = entry.root;
  if (!held_by.is_root()) {
    // A step of the same kind further up: the same step again.
    std::string way = entry.member;
    BlockId at = held_by.block();
    parent = PlaceOf(at).shape;
    root = shapes_[parent].root;
    while (at != BlockId::kNone) {
      const Place& above = PlaceOf(at);
      if (shapes_[above.shape].kind == kind) {
        shapes_[above.shape].repeats.insert(way);
        place = {above.shape, above.before, above.in_a_row + 1, above.root_edge};
        return;
      }
      way = shapes_[above.shape].member + " -> " + way;
      at = above.before;
    }
  }
  const auto [number, is_new] =
      shape_numbers_.try_emplace({parent, root, entry.member, kind}, static_cast<std::uint32_t>(shapes_.size()));
  if (is_new) {
    Shape& shape = shapes_.emplace_back();
    shape.parent = parent;
    shape.root = root;
    shape.member = entry.member;
    shape.kind = kind;
  }
  if (held_by.is_root()) {
    place = {number->second, BlockId::kNone, 1, held_by.root_edge()};
  } else {
    place = {number->second, held_by.block(), 1, PlaceOf(held_by.block()).root_edge};
  }
}

}  // namespace mqtrack::heapgraph
