// Who holds the heap, as a tree: below each owner the sorts of objects that alone hold what is below them, down to each
// block. By dominators, so that what several objects point to stands below none of them; and each byte stands in one
// place. A sort that comes again further down its path is the same node, so a list of 200 is one.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "libtrack/heapgraph/block_kinds.h"
#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/heapgraph/capture/memory_source.h"
#include "libtrack/heapgraph/data_names.h"
#include "libtrack/heapgraph/heap_graph.h"
#include "libtrack/heapgraph/owners.h"

namespace mqtrack::heapgraph {

inline constexpr std::uint32_t kNoHolder = 0xffffffff;

/// Blocks of one sort that one node holds.
struct HolderNode {
  std::uint32_t parent = kNoHolder;  // kNoHolder: an owner
  std::uint32_t owner = 0;           // index of Ownership::owners
  std::string member;                // where in its parent it is pointed to, as in ChainStep; empty: in several ways
  std::string type_name;             // of an owner empty; may be empty
  MakerFacts maker;                  // of an owner empty
};

/// Blocks of one node that one stack made.
struct HeldBlocks {
  std::uint32_t node = 0;
  log::StackId stack{};
  std::uint64_t blocks = 0, bytes = 0;
};

struct HolderPaths {
  std::vector<HolderNode> nodes;  // each behind its parent
  std::vector<HeldBlocks> held;   // every live block once
};

/// `ownership`: AssignBlocks.
[[nodiscard]] HolderPaths FindHolderPaths(const HeapGraph& graph, const HeapCapture& capture,
                                          const MemorySource& memory, const Ownership& ownership, DataNames& names);

}  // namespace mqtrack::heapgraph
