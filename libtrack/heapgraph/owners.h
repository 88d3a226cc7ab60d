// Whose a block is: each byte of the live heap once. A block belongs to whoever alone holds it, as far down as that is
// known: an MQTT client, a variable, a thread; to nobody in particular if several hold it; and it is lost if nobody
// does.
//
// What is a client's is found without knowing the service: the object that immediately dominates what a client's
// CONNECT made (its id, its name, its will) is that client's, and so is everything below it. An object that dominates
// what the CONNECTs of several clients made, such as a table of them, is none's.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/heapgraph/client_states.h"
#include "libtrack/heapgraph/heap_graph.h"
#include "libtrack/heapgraph/lost_looks.h"
#include "libtrack/heapgraph/root_holders.h"

namespace mqtrack::heapgraph {

/// Blocks and bytes by strong pointers only, and by all: words on stacks, in registers and in memory that nobody has
/// told of may be stale, and one of them makes a block shared that is a client's alone.
struct Owner {
  OwnerKind kind = OwnerKind::kShared;
  std::string name;  // of a client its id; "db (mosquitto)"; "thread 4711 "mosquitto""; may be empty
  std::uint64_t blocks = 0, bytes = 0;
  std::uint64_t blocks_by_all = 0, bytes_by_all = 0;
  ClientState client;  // of a client
};

inline constexpr std::uint32_t kNobody = 0xffffffff;

/// Blocks of one stack, label set and generation that belong to one owner, and of which one client has a use.
struct OwnedBlocks {
  log::StackId stack{};
  log::LabelsId labels{};
  std::uint32_t generation = 0;
  std::uint32_t owner = 0;  // index in OwnerFindings::owners
  /// As owner: the client whose own blocks point to them, or to what alone holds them, though they are not its alone. A
  /// broker keeps a message once, in a table, for all the queues in which it waits.
  std::uint32_t used_by = kNobody;
  std::uint64_t blocks = 0, bytes = 0;
};

struct OwnerFindings {
  std::string process;        // "mosquitto (pid 4711)"
  log::LogContent content;    // without heap blocks
  std::vector<Owner> owners;  // most bytes first
  std::vector<OwnedBlocks> owned;
  std::uint64_t blocks = 0, bytes = 0;  // all that live: the sums of the owners
  std::uint64_t overlapping = 0;
  bool has_unknown_heap = false;
  bool knows_clients = false;  // false: packets are not recorded, so that nothing is known to be a client's
  Look look;
};

/// Each block's owner by strong pointers, and what that follows from.
struct Ownership {
  std::vector<Owner> owners;                                // their figures are not filled in
  std::vector<std::uint32_t> owner_of;                      // by block: index in `owners`
  std::unordered_map<BlockId, std::string> client_objects;  // the objects that alone hold what is a client's
  DominatorTree tree;  // of the flow graph, whose node first_block is the first block
  std::uint32_t first_block = 0;
  std::vector<std::uint32_t> root_nodes;  // by root edge: the node it starts from
};

/// `memory` is that of the capture.
[[nodiscard]] Ownership AssignBlocks(const HeapGraph& graph, const HeapCapture& capture, const MemorySource& memory,
                                     const VariableNames& names);

/// `places` may be empty: then nothing is known of clients' messages.
void FindOwners(const HeapGraph& graph, const HeapCapture& capture, const MemorySource& memory,
                const VariableNames& names, const StackPlaces& places, OwnerFindings& findings);

/// What knows names, made for what was captured. `places` may be empty, as for FindOwners.
struct OwnerNames {
  std::function<VariableNames(const log::LogContent&)> variables;
  std::function<StackPlaces(const HeapCapture&)> places;
};

/// Looks at a running process. Errors: those of WithCapture.
[[nodiscard]] support::Result<OwnerFindings> LookForOwners(const process::RecordedProcess& process,
                                                           const CaptureOptions& options, const OwnerNames& names);

}  // namespace mqtrack::heapgraph
