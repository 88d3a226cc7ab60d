#include "reports/callgraph/trim.h"

#include <algorithm>
#include <cmath>

namespace mqtrack::reports {
namespace {

double EdgeEntropy(const CallGraph& graph, const std::vector<std::uint32_t>& edges, std::int64_t self) {
  auto total = static_cast<double>(self);
  for (const std::uint32_t edge : edges) {
    if (graph.edges[edge].weight > 0) total += static_cast<double>(graph.edges[edge].weight);
  }
  if (total == 0) return 0;
  double entropy = 0;
  const auto add = [&](double weight) {
    const double share = std::abs(weight) / std::abs(total);
    if (share > 0) entropy -= share * std::log2(share);
  };
  for (const std::uint32_t edge : edges) add(static_cast<double>(graph.edges[edge].weight));
  if (self > 0) add(static_cast<double>(self));
  return entropy;
}

// High for entries, leaves and nodes where ways part; low for those that only pass values on.
double EntropyScore(const CallGraph& graph, const GraphNode& node) {
  const double in = node.in.empty() ? 1 : EdgeEntropy(graph, node.in, 0);
  const double out = node.out.empty() ? 1 : EdgeEntropy(graph, node.out, node.flat);
  return std::trunc((in + out) * static_cast<double>(node.cum)) + static_cast<double>(node.flat);
}

std::vector<NodeId> EntropyOrder(const CallGraph& graph, const StackSet& set) {
  std::vector<double> score;
  std::vector<NodeId> order;
  for (std::uint32_t i = 0; i < graph.nodes.size(); ++i) {
    score.push_back(std::abs(EntropyScore(graph, graph.nodes[i])));
    order.push_back(static_cast<NodeId>(i));
  }
  std::sort(order.begin(), order.end(), [&](NodeId a, NodeId b) {
    if (score[Index(a)] != score[Index(b)]) return score[Index(a)] > score[Index(b)];
    const FrameText& left = set.frames[Index(graph.nodes[Index(a)].frame)];
    const FrameText& right = set.frames[Index(graph.nodes[Index(b)].frame)];
    return left.name != right.name ? left.name < right.name : left.file < right.file;
  });
  return order;
}

template <typename Tags>
void DropLightTags(std::int64_t cutoff, Tags* tags) {
  for (auto tag = tags->begin(); tag != tags->end();) {
    tag = Magnitude(tag->second.cum) < cutoff ? tags->erase(tag) : std::next(tag);
  }
}

void TrimTags(std::int64_t cutoff, CallGraph* graph) {
  for (GraphNode& node : graph->nodes) {
    DropLightTags(cutoff, &node.text_tags);
    DropLightTags(cutoff, &node.size_tags);
  }
}

void RemoveEdge(std::uint32_t edge, CallGraph* graph) {
  std::erase(graph->nodes[Index(graph->edges[edge].caller)].out, edge);
  std::erase(graph->nodes[Index(graph->edges[edge].callee)].in, edge);
}

std::size_t TrimEdges(std::int64_t cutoff, CallGraph* graph) {
  std::size_t dropped = 0;
  for (std::uint32_t i = 0; i < graph->edges.size(); ++i) {
    if (Magnitude(graph->edges[i].weight) >= cutoff) continue;
    RemoveEdge(i, graph);
    ++dropped;
  }
  return dropped;
}

std::size_t CountFlatTags(const GraphNode& node) {
  const auto has_flat = [](const auto& tag) { return tag.second.flat != 0; };
  return static_cast<std::size_t>(std::count_if(node.text_tags.begin(), node.text_tags.end(), has_flat) +
                                  std::count_if(node.size_tags.begin(), node.size_tags.end(), has_flat));
}

// A node costs itself and the boxes of its tags.
std::size_t NodesThatFit(const CallGraph& graph, const std::vector<NodeId>& order, std::size_t max_nodes) {
  std::size_t cost = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    cost += 1 + std::min(CountFlatTags(graph.nodes[Index(order[i])]), kMaxNodelets);
    if (cost >= max_nodes) return i + 1;
  }
  return order.size();
}

std::vector<bool> Keep(const CallGraph& graph, const StackSet& set, const std::vector<NodeId>& nodes) {
  std::vector<bool> kept(set.frames.size(), false);
  for (const NodeId node : nodes) kept[Index(graph.nodes[Index(node)].frame)] = true;
  return kept;
}

// True if the callee of `edge` is still reached from its caller without it.
bool IsRedundant(const CallGraph& graph, std::uint32_t edge) {
  std::vector<bool> seen(graph.nodes.size(), false);
  std::vector<NodeId> queue{graph.edges[edge].callee};
  while (!queue.empty()) {
    const NodeId at = queue.back();
    queue.pop_back();
    for (const std::uint32_t in : graph.nodes[Index(at)].in) {
      const NodeId caller = graph.edges[in].caller;
      if (in == edge || seen[Index(caller)]) continue;
      if (caller == graph.edges[edge].caller) return true;
      seen[Index(caller)] = true;
      queue.push_back(caller);
    }
  }
  return false;
}

void RemoveRedundantEdges(const std::vector<NodeId>& order, CallGraph* graph) {
  for (auto node = order.rbegin(); node != order.rend(); ++node) {
    std::vector<std::uint32_t> incoming = graph->nodes[Index(*node)].in;
    std::sort(incoming.begin(), incoming.end(), [&](std::uint32_t a, std::uint32_t b) {
      const std::int64_t left = Magnitude(graph->edges[a].weight), right = Magnitude(graph->edges[b].weight);
      return left != right ? left < right : a < b;
    });
    for (const std::uint32_t edge : incoming) {
      if (!graph->edges[edge].residual) break;
      if (IsRedundant(*graph, edge)) RemoveEdge(edge, graph);
    }
  }
}

}  // namespace

TrimmedGraph TrimGraph(const profile::Profile& profile, const StackSet& set, const TrimOptions& options) {
  TrimmedGraph trimmed;
  CallGraph& graph = trimmed.graph;
  graph = BuildCallGraph(profile, set, nullptr);
  const auto sum = static_cast<double>(FlatSum(graph));
  trimmed.node_cutoff = static_cast<std::int64_t>(std::abs(sum * options.node_fraction));
  trimmed.edge_cutoff = static_cast<std::int64_t>(std::abs(sum * options.edge_fraction));

  std::vector<NodeId> heavy;
  for (std::uint32_t i = 0; i < graph.nodes.size(); ++i) {
    if (Magnitude(graph.nodes[i].cum) >= trimmed.node_cutoff) heavy.push_back(static_cast<NodeId>(i));
  }
  trimmed.dropped_nodes = graph.nodes.size() - heavy.size();
  if (trimmed.dropped_nodes > 0) {
    const std::vector<bool> kept = Keep(graph, set, heavy);
    graph = BuildCallGraph(profile, set, &kept);
  }
  trimmed.nodes_after_cutoff = graph.nodes.size();

  trimmed.order = EntropyOrder(graph, set);
  if (options.max_nodes > 0) {
    TrimTags(trimmed.node_cutoff, &graph);  // what will not be drawn must not cost anything
    TrimEdges(trimmed.edge_cutoff, &graph);
    const std::size_t fitting = NodesThatFit(graph, trimmed.order, static_cast<std::size_t>(options.max_nodes));
    if (fitting < trimmed.order.size()) {
      trimmed.order.resize(fitting);
      const std::vector<bool> kept = Keep(graph, set, trimmed.order);
      graph = BuildCallGraph(profile, set, &kept);
      trimmed.order = EntropyOrder(graph, set);
    }
  }
  TrimTags(trimmed.node_cutoff, &graph);
  trimmed.dropped_edges = TrimEdges(trimmed.edge_cutoff, &graph);
  RemoveRedundantEdges(trimmed.order, &graph);
  return trimmed;
}

}  // namespace mqtrack::reports
