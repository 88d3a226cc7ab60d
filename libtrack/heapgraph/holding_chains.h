// Why blocks are held: their shortest holding chains, those of one shape as one. A shape is a root and, for each step,
// by which member the next is pointed to and what kind of object that is. A kind that comes again further down a chain
// is the same step repeated, be it a list, a tree or a hash table: so 200 entries of a queue have one shape.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/heapgraph/block_kinds.h"
#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/heapgraph/capture/memory_source.h"
#include "libtrack/heapgraph/data_names.h"
#include "libtrack/heapgraph/heap_graph.h"
#include "libtrack/heapgraph/owners.h"

namespace mqtrack::heapgraph {

/// Where a chain begins.
struct ChainRoot {
  RootKind kind = RootKind::kUnexplained;
  VariableFacts variable;  // of kGlobal, if it has a name
  std::string module;      // of kGlobal: base name; may be empty
  std::string thread;      // of a thread's
};

struct ChainStep {
  std::string member;     // where in the one before: "msgs_out.queued", "+0x28"; empty: it is the variable itself
  std::string type_name;  // may be empty
  MakerFacts maker;
  std::uint64_t blocks = 0, bytes = 0;  // that the chains lead through here; at the last step, what is asked about
  std::vector<std::string> clients;     // whose objects they are: the first few
  std::uint64_t client_count = 0;
  std::vector<std::string> repeats;  // by which members one leads to the next
  std::uint64_t most_in_a_row = 1;
  std::uint64_t pointers = 0;  // to these, from anywhere
  bool holds_alone = false;    // every other chain to what is asked about leads through these too
};

struct HoldingChain {
  ChainRoot root;
  bool is_sure = true;            // false: only a stack, a register, or memory that nobody told of holds them
  bool root_holds_alone = false;  // whatever leads to them begins there
  std::vector<ChainStep> steps;   // from the root on; the last are the blocks themselves
  std::uint64_t blocks = 0, bytes = 0;
};

struct ChainFindings {
  std::vector<HoldingChain> chains;               // most bytes first
  std::uint64_t blocks = 0, bytes = 0;            // that are asked about
  std::uint64_t lost_blocks = 0, lost_bytes = 0;  // of these, that nothing holds
};

/// Why `targets` are held.
[[nodiscard]] ChainFindings FindHoldingChains(const HeapGraph& graph, const HeapCapture& capture,
                                              const MemorySource& memory, const Ownership& ownership, DataNames& names,
                                              const std::vector<BlockId>& targets);

}  // namespace mqtrack::heapgraph
