#include "preload/recorder/mappings/mapping_ranges.h"

#include <sys/mman.h>

#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::recorder {
namespace {

/// The heap's order. Numbers of nodes have nothing to do with addresses, so a mixture of them is as good as random.
std::uint64_t Priority(std::uint32_t id) { return log::Mix(id); }

}  // namespace

MappedPiece PartOf(MappedPiece piece, AddressRange range) {
  piece.range = range;
  piece.record.bytes = range.bytes();
  return piece;
}

MappingRanges::Id MappingRanges::NewNode(const MappedPiece& piece) {
  Id id = free_;
  if (id != 0) {
    free_ = At(id).right;
  } else {
    if (used_ == kMost) return 0;
    Node*& chunk = chunks_[used_ >> kChunkBits];
    if (chunk == nullptr) {
      const ErrnoKeeper keep_errno;
      void* memory = MapMemory(nullptr, kPerChunk * sizeof(Node), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
      if (memory == MAP_FAILED) return 0;
      chunk = static_cast<Node*>(memory);
    }
    id = used_++;
  }
  At(id) = {piece.range.start,
            piece.range.end,
            static_cast<std::uint32_t>(piece.record.stack),
            static_cast<std::uint32_t>(piece.record.labels),
            piece.record.generation,
            0,
            0,
            kCutOut};
  return id;
}

MappedPiece MappingRanges::PieceOf(Id id) const {
  const Node& node = At(id);
  const AddressRange range = {node.start, node.end};
  return {
      range,
      {range.bytes(), node.generation, static_cast<log::StackId>(node.stack), static_cast<log::LabelsId>(node.labels)}};
}

/// Nodes that start below `start` go to `low`. Two trees are built from above, each with one place where the next node
/// belongs.
void MappingRanges::Split(Id tree, std::uintptr_t start, Id& low, Id& high) const {
  Id *low_place = &low, *high_place = &high;
  while (tree != 0) {
    Node& node = At(tree);
    if (node.start < start) {
      *low_place = tree;
      low_place = &node.right;
      tree = node.right;
    } else {
      *high_place = tree;
      high_place = &node.left;
      tree = node.left;
    }
  }
  *low_place = *high_place = 0;
}

/// Every node of `low` starts below every node of `high`.
MappingRanges::Id MappingRanges::Merge(Id low, Id high) const {
  Id root = 0;
  Id* place = &root;
  while (low != 0 && high != 0) {
    if (Priority(low) > Priority(high)) {
      *place = low;
      place = &At(low).right;
      low = *place;
    } else {
      *place = high;
      place = &At(high).left;
      high = *place;
    }
  }
  *place = low != 0 ? low : high;
  return root;
}

/// The tree as a list in order of address: left children are rotated up until there are none.
MappingRanges::Id MappingRanges::Flatten(Id tree) const {
  Id first = 0;
  Id* place = &first;
  while (tree != 0) {
    Node& node = At(tree);
    if (node.left != 0) {
      const Id left = node.left;
      node.left = At(left).right;
      At(left).right = tree;
      tree = left;
      continue;
    }
    *place = tree;
    place = &node.right;
    tree = node.right;
  }
  return first;
}

MappingRanges::Id MappingRanges::LastBefore(std::uintptr_t address) const {
  Id found = 0;
  for (Id id = root_; id != 0;) {
    const Node& node = At(id);
    if (node.start < address) found = id;
    id = node.start < address ? node.right : node.left;
  }
  return found;
}

void MappingRanges::Link(Id id) {
  Id low = 0, high = 0;
  Split(root_, At(id).start, low, high);
  StoreRelease(At(id).state, std::uint32_t{kInTree});  // a child of fork may find the node as it is now
  StoreRelaxed(root_, Merge(Merge(low, id), high));
}

bool MappingRanges::Insert(const MappedPiece& piece) {
  const Id id = NewNode(piece);
  if (id == 0) return false;
  Link(id);
  return true;
}

MappingRanges::Cut MappingRanges::CutOut(AddressRange range) {
  Cut cut;
  if (range.IsEmpty()) return cut;
  const Id last = LastBefore(range.end);
  if (last != 0 && At(last).end > range.end) {
    const MappedPiece after = PartOf(PieceOf(last), {range.end, At(last).end});
    At(last).end = range.end;
    cut.lost = !Insert(after);
    if (!cut.lost) cut.after = after;
  }
  const Id first = LastBefore(range.start);
  if (first != 0 && At(first).end > range.start) {
    cut.pieces = NewNode(PartOf(PieceOf(first), {range.start, At(first).end}));
    cut.lost |= cut.pieces == 0;
    At(first).end = range.start;
    cut.before = PieceOf(first);
  }
  Id low = 0, middle = 0, high = 0;
  Split(root_, range.start, low, high);
  Split(high, range.end, middle, high);
  StoreRelaxed(root_, Merge(low, high));
  const Id whole = Flatten(middle);
  for (Id id = whole; id != 0; id = Next(id)) At(id).state = kCutOut;
  if (cut.pieces != 0)
    At(cut.pieces).right = whole;
  else
    cut.pieces = whole;
  return cut;
}

bool MappingRanges::Extend(const MappedPiece& piece, MappedPiece& whole) {
  const Id id = LastBefore(piece.range.start);
  if (id == 0 || At(id).end != piece.range.start) return false;
  const LiveRecord record = PieceOf(id).record;
  if (record.stack != piece.record.stack || record.labels != piece.record.labels ||
      record.generation != piece.record.generation)
    return false;
  At(id).end = piece.range.end;
  whole = PieceOf(id);
  return true;
}

bool MappingRanges::Find(std::uintptr_t address, MappedPiece& piece) const {
  const Id id = LastBefore(address + 1);
  if (id == 0 || At(id).end <= address) return false;
  piece = PieceOf(id);
  return true;
}

void MappingRanges::Discard(Id pieces) {
  while (pieces != 0) {
    Node& node = At(pieces);
    const Id next = node.right;
    node.state = kFree;
    node.right = free_;
    free_ = pieces;
    pieces = next;
  }
}

MappingRanges::Id MappingRanges::TakeFirst(Id pieces, MappedPiece& piece) {
  piece = PieceOf(pieces);
  const Id rest = Next(pieces);
  At(pieces).right = 0;
  Discard(pieces);
  return rest;
}

void MappingRanges::Clear() {
  StoreRelaxed(root_, Id{0});
  free_ = 0;
  used_ = 1;
}

/// A cut that was under way may have left a node and the part of it that was to become another one: the part stays.
void MappingRanges::Rebuild() {
  const std::uint32_t used = used_;
  root_ = free_ = 0;
  for (Id id = 1; id < used; ++id) {
    Node& node = At(id);
    node.left = node.right = 0;
    Id before = LastBefore(node.end);
    for (; before != 0 && At(before).start > node.start; before = LastBefore(node.end)) node.end = At(before).start;
    if (node.state == kInTree && node.start < node.end && (before == 0 || At(before).end <= node.start))
      Link(id);
    else
      Discard(id);
  }
}

}  // namespace mqtrack::recorder
