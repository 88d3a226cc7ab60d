// Who holds what hangs at the root of the graph: variables, threads, mappings; and which of them hold it for sure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/heapgraph/dominators.h"
#include "libtrack/heapgraph/heap_graph.h"

namespace mqtrack::heapgraph {

enum class OwnerKind : std::uint8_t {
  kClient,
  kGlobal,   // a variable, or the variables of a module
  kThread,   // its stack, registers and own variables
  kMapping,  // mappings, by the service or unexplained, and heap from before the recording
  kShared,   // held by several of these
  kLost,
};
/// "client" and the like.
[[nodiscard]] std::string_view OwnerKindName(OwnerKind kind);

/// The name of the variable at an address of a module, by its index in the log; empty if it has none.
using VariableNames = std::function<std::string(std::uint32_t module, std::uint64_t address)>;

/// Whether what a root holds is held for sure. The C library and the loader keep lists of everything there is, and
/// buffers in which stale words lie: what is held otherwise is not theirs.
class StrongRoots {
 public:
  StrongRoots(const HeapGraph& graph, const log::LogContent& content);
  [[nodiscard]] bool Contain(const RootEdge& edge) const;

 private:
  const HeapGraph& graph_;
  std::vector<bool> is_system_;  // by module
};

/// "thread 4711 "worker"", by its place in HeapCapture::threads.
[[nodiscard]] std::string ThreadTitle(const HeapCapture& capture, std::uint32_t number);

/// A holder at the root: of the tree's nodes 1 to n. Variables hang below their module's.
struct Holder {
  OwnerKind kind;
  std::string name;
  std::uint32_t above;  // its node's parent
};

/// The root's part of the graph: which holder each root edge starts from. Borrows everything.
class Holders {
 public:
  Holders(const HeapGraph& graph, const HeapCapture& capture, const VariableNames& names);
  [[nodiscard]] const std::vector<Holder>& all() const { return holders_; }
  /// The node, from 1, that root edge number `edge` starts from.
  [[nodiscard]] std::uint32_t NodeOf(std::size_t edge) const { return of_edge_[edge]; }
  /// The node of the first block; the others follow.
  [[nodiscard]] std::uint32_t first_block() const { return static_cast<std::uint32_t>(holders_.size() + 1); }

 private:
  std::uint32_t Find(OwnerKind kind, const std::string& name, std::uint32_t above);
  std::uint32_t HolderOf(const RootEdge& edge);
  std::uint32_t Variable(std::uint32_t module, std::uint64_t address);

  const HeapGraph& graph_;
  const HeapCapture& capture_;
  const VariableNames& names_;
  std::vector<Holder> holders_;
  std::map<std::pair<OwnerKind, std::string>, std::size_t> known_;
  std::vector<std::uint32_t> of_edge_;
};

/// By block: whether a strong root leads to it.
[[nodiscard]] std::vector<bool> StronglyHeld(const HeapGraph& graph, const StrongRoots& strong_roots);

/// The whole graph with the root's part. With `strong_roots`, only they hold what `strong` says they hold: neither
/// other roots do, nor blocks that only those hold.
[[nodiscard]] FlowGraph MakeFlowGraph(const HeapGraph& graph, const Holders& holders, const StrongRoots* strong_roots,
                                      const std::vector<bool>& strong);

}  // namespace mqtrack::heapgraph
