// A call graph in pprof's sense: functions as nodes, calls as edges, weighted by the samples that pass through them.
// The rules follow google/pprof (internal/graph, internal/report), so that a reader of `go tool pprof` finds the same
// numbers: flat is what ends in a node, cum what passes through it, both once per sample however deep it recurses.
//
// One difference: frames below the culprit that only pass an allocation on are no nodes; the culprit has their flat
// value, and remembers what they were called.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "reports/picture/stack_set.h"

namespace mqtrack::reports {

/// Index into CallGraph::nodes.
enum class NodeId : std::uint32_t {};
constexpr std::uint32_t Index(NodeId id) { return static_cast<std::uint32_t>(id); }

/// How much of a node's value carries one label.
struct TagValue {
  std::int64_t flat = 0, cum = 0;
};

struct GraphEdge {
  NodeId caller{}, callee{};
  std::int64_t weight = 0;
  bool residual = false;  // leads over nodes that were left out
  bool inlined = true;    // the callee was inlined into the caller, everywhere
};

struct GraphNode {
  FrameId frame{};
  std::int64_t flat = 0, cum = 0;
  std::int64_t line = 0;  // of the heaviest sample that ends here
  std::int64_t heaviest = 0;
  std::map<std::string, TagValue> text_tags;   // "thread:worker" lines of a sample, joined
  std::map<std::int64_t, TagValue> size_tags;  // of the numeric label "bytes", the only one pprof draws
  std::map<std::string, std::int64_t> via;     // collapsed allocator frames, by weight
  std::vector<std::uint32_t> in, out;          // into CallGraph::edges
};

struct CallGraph {
  std::vector<GraphNode> nodes;
  std::vector<GraphEdge> edges;
};

/// Builds the graph of all samples. `kept` null: of all frames; else only frames f with (*kept)[f] become nodes, and
/// edges lead over the others.
[[nodiscard]] CallGraph BuildCallGraph(const profile::Profile& profile, const StackSet& set,
                                       const std::vector<bool>* kept);

/// Sum of all flat values; pprof's cut-offs are fractions of its magnitude.
[[nodiscard]] std::int64_t FlatSum(const CallGraph& graph);

}  // namespace mqtrack::reports
