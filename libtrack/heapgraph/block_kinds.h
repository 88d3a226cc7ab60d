// What sort of object each block is. Blocks that one place in the code makes are of one kind; its type is what pointers
// of known types say that point to some of them, or what they say themselves, as C++ objects do that have virtual
// functions.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "libtrack/heapgraph/block_index.h"
#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/heapgraph/capture/memory_source.h"
#include "libtrack/heapgraph/data_names.h"
#include "libtrack/heapgraph/heap_graph.h"
#include "libtrack/heapgraph/object_types.h"

namespace mqtrack::heapgraph {

enum class KindId : std::uint32_t {};

struct BlockKind {
  MakerFacts maker;
  TypeId type = TypeId::kNone;
  std::string type_name;            // may be known though `type` is not
  std::vector<std::uint32_t> some;  // the first of its blocks
};

class BlockKinds {
 public:
  /// Borrows all but the graph.
  BlockKinds(const HeapGraph& graph, const HeapCapture& capture, const MemorySource& memory, const BlockIndex& index,
             DataNames& names);

  [[nodiscard]] KindId KindOf(BlockId block) const { return kind_of_[static_cast<std::size_t>(block)]; }
  /// The first kind of the same type; of a type of the C++ library, which is the same whatever it holds, `kind` itself.
  [[nodiscard]] KindId SameTypeAs(KindId kind) const;
  [[nodiscard]] const BlockKind& operator[](KindId kind) const { return kinds_[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] std::size_t size() const { return kinds_.size(); }

 private:
  struct Vote {
    KindId kind;
    TypeId type;
    bool fits;  // the block is of its size, or of several of them
  };
  void MakeKinds();
  void AskObjects();
  void AskVariables(const HeapGraph& graph);
  void AskMembers(KindId kind);
  void AddVote(std::uint64_t pointer, TypeId target);
  [[nodiscard]] std::vector<KindId> CountVotes();

  const HeapCapture& capture_;
  const MemorySource& memory_;
  const BlockIndex& index_;
  DataNames& names_;
  ObjectTypes objects_;
  std::vector<KindId> kind_of_;  // by block
  std::vector<BlockKind> kinds_;
  std::unordered_map<std::string, KindId> by_type_;
  std::vector<Vote> votes_;
};

}  // namespace mqtrack::heapgraph
