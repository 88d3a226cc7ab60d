#include "libtrack/heapgraph/dominators.h"

#include <algorithm>

namespace mqtrack::heapgraph {
namespace {

// Within this class nodes go by their numbers in the order of a depth-first walk.
class Finder {
 public:
  explicit Finder(const FlowGraph& graph) : graph_(graph), number_(graph.nodes(), kNoNode) {}

  DominatorTree Find() {
    Walk();
    CollectPredecessors();
    const auto count = static_cast<std::uint32_t>(node_.size());
    semi_.resize(count);
    label_.resize(count);
    for (std::uint32_t i = 0; i < count; ++i) semi_[i] = label_[i] = i;
    ancestor_.assign(count, kNoNode);
    for (std::uint32_t w = count; w-- > 1;) {
      for (std::uint64_t i = first_[w]; i < first_[w + 1]; ++i)
        semi_[w] = std::min(semi_[w], semi_[Evaluate(before_[i])]);
      label_[w] = w;
      ancestor_[w] = up_[w];
    }
    DominatorTree tree;
    tree.parent.assign(graph_.nodes(), kNoNode);
    std::vector<std::uint32_t>& dominator = up_;
    for (std::uint32_t w = 1; w < count; ++w) {
      while (dominator[w] > semi_[w]) dominator[w] = dominator[dominator[w]];
      tree.parent[node_[w]] = node_[dominator[w]];
    }
    tree.order = std::move(node_);
    return tree;
  }

 private:
  struct Step {
    std::uint32_t node;
    std::uint64_t next;  // index in graph_.targets
  };

  void Enter(std::uint32_t node, std::uint32_t from) {
    number_[node] = static_cast<std::uint32_t>(node_.size());
    node_.push_back(node);
    up_.push_back(from);
    steps_.push_back({node, graph_.first[node]});
  }

  void Walk() {
    Enter(0, 0);
    while (!steps_.empty()) {
      Step& step = steps_.back();
      if (step.next == graph_.first[step.node + 1]) {
        steps_.pop_back();
        continue;
      }
      const std::uint32_t target = graph_.targets[step.next++];
      if (number_[target] == kNoNode) Enter(target, number_[step.node]);
    }
    steps_ = {};
  }

  void CollectPredecessors() {
    first_.assign(node_.size() + 1, 0);
    for (const std::uint32_t node : node_) {
      for (const std::uint32_t target : graph_.TargetsOf(node)) ++first_[number_[target] + 1];
    }
    for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
    before_.resize(first_.back());
    std::vector<std::uint64_t> next(first_.begin(), first_.end() - 1);
    for (std::uint32_t w = 0; w < node_.size(); ++w) {
      for (const std::uint32_t target : graph_.TargetsOf(node_[w])) before_[next[number_[target]]++] = w;
    }
  }

  /// The node with the smallest semidominator on the way up that was linked so far. Shortens the way.
  std::uint32_t Evaluate(std::uint32_t node) {
    if (ancestor_[node] == kNoNode) return node;
    path_.clear();
    for (std::uint32_t at = node; ancestor_[ancestor_[at]] != kNoNode; at = ancestor_[at]) path_.push_back(at);
    while (!path_.empty()) {
      const std::uint32_t at = path_.back(), above = ancestor_[at];
      path_.pop_back();
      if (semi_[label_[above]] < semi_[label_[at]]) label_[at] = label_[above];
      ancestor_[at] = ancestor_[above];
    }
    return label_[node];
  }

  const FlowGraph& graph_;
  std::vector<std::uint32_t> number_, node_, up_;
  std::vector<Step> steps_;
  std::vector<std::uint64_t> first_;
  std::vector<std::uint32_t> before_;
  std::vector<std::uint32_t> semi_, label_, ancestor_, path_;
};

}  // namespace

DominatorTree FindDominators(const FlowGraph& graph) { return Finder(graph).Find(); }

}  // namespace mqtrack::heapgraph
