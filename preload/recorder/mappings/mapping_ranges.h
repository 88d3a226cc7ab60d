// Which ranges of addresses are mapped, each with what is known of the call that mapped it: the order that the live
// table, which knows things by their handles alone, does not have, and without which nobody could say what a munmap in
// the middle of a mapping leaves.
//
// A treap (Seidel, Aragon: "Randomized search trees", 1996): a search tree by address which is also a heap by a number
// that is as good as random, and therefore shallow. Cutting a range out is two splits, and nothing recurses. Nodes are
// known by numbers and lie in chunks that are mapped as they are needed and stay.
#pragma once

#include <cstddef>
#include <cstdint>

#include "preload/recorder/live/live_table.h"

namespace mqtrack::recorder {

struct AddressRange {
  std::uintptr_t start = 0, end = 0;
  [[nodiscard]] bool IsEmpty() const { return start >= end; }
  [[nodiscard]] std::uintptr_t bytes() const { return end - start; }
};

/// A mapping, or a part of one. `record.bytes` is the size of the range.
struct MappedPiece {
  AddressRange range;
  LiveRecord record;
};

/// `range`, which lies within the piece, as a piece of its own.
[[nodiscard]] MappedPiece PartOf(MappedPiece piece, AddressRange range);

/// Not synchronised: mappings.h holds a lock. Allocates nothing but chunks, never twice; never faults.
class MappingRanges {
 public:
  /// A node, by number; 0: none.
  using Id = std::uint32_t;
  static constexpr std::uint32_t kMost = 1u << 20;  // the kernel allows 65,530 mappings unless told otherwise

  /// What CutOut took away, and what it left of the mappings that reached out of the range.
  struct Cut {
    Id pieces = 0;       // linked by Next, in order of address; the caller has to Discard them
    MappedPiece before;  // empty range: nothing; otherwise it keeps its start and is shorter
    MappedPiece after;   // likewise; begins where the range ends
    bool lost = false;   // there was no room to keep `after`, or a piece
  };
  /// Takes everything within `range` out.
  [[nodiscard]] Cut CutOut(AddressRange range);
  /// Enters a range that overlaps no other one. False if there is no room.
  [[nodiscard]] bool Insert(const MappedPiece& piece);
  /// Makes the piece that ends where this one begins longer by it, if its record is the same. `whole` is what it is
  /// then.
  [[nodiscard]] bool Extend(const MappedPiece& piece, MappedPiece& whole);
  /// The mapping that holds `address`; false if there is none.
  [[nodiscard]] bool Find(std::uintptr_t address, MappedPiece& piece) const;

  [[nodiscard]] MappedPiece PieceOf(Id id) const;
  [[nodiscard]] Id Next(Id piece) const { return At(piece).right; }
  /// Gives the nodes of a list back.
  void Discard(Id pieces);
  /// Gives the first node of a list back, after copying what it holds; the rest of the list.
  [[nodiscard]] Id TakeFirst(Id pieces, MappedPiece& piece);

  /// True if nothing is known. May be asked without the lock.
  [[nodiscard]] bool IsEmpty() const { return LoadRelaxed(root_) == 0; }
  /// Forgets everything; chunks are kept.
  void Clear();
  /// In a child of fork, while another thread of the parent was changing it: makes the tree anew from its nodes.
  void Rebuild();

 private:
  enum State : std::uint32_t { kFree, kInTree, kCutOut };
  struct Node {
    std::uint64_t start, end;
    std::uint32_t stack, labels, generation;
    Id left, right;  // of a list: `right` is the next one
    std::uint32_t state;
  };
  static_assert(sizeof(Node) == 40);
  static constexpr std::uint32_t kChunkBits = 12;
  static constexpr std::uint32_t kPerChunk = 1u << kChunkBits;

  [[nodiscard]] Node& At(Id id) const { return chunks_[id >> kChunkBits][id & (kPerChunk - 1)]; }
  [[nodiscard]] Id NewNode(const MappedPiece& piece);
  void Link(Id node);
  /// The node with the greatest start below `address`; 0 if there is none.
  [[nodiscard]] Id LastBefore(std::uintptr_t address) const;
  void Split(Id tree, std::uintptr_t start, Id& low, Id& high) const;
  [[nodiscard]] Id Merge(Id low, Id high) const;
  [[nodiscard]] Id Flatten(Id tree) const;

  Node* chunks_[kMost / kPerChunk] = {};
  Id root_ = 0;
  Id free_ = 0;             // a list
  std::uint32_t used_ = 1;  // nodes that were ever handed out; number 0 is none
};

}  // namespace mqtrack::recorder
