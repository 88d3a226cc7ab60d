#include "reports/flame/flame_tree.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <span>

namespace mqtrack::reports {
namespace {

constexpr std::uint32_t kNoBox = 0xffffffff;

// A node of the complete tree, before anything is left out. Nodes stand in pre-order.
struct Node {
  std::uint32_t parent = kNoBox;
  std::uint32_t depth = 0;
  std::uint32_t key = 0;  // frame and, in the lowest bit, whether it belongs to a tail
  std::int64_t weight = 0;
  PairedValue value, objects, self;
  PairedValue path;  // of the stacks that end exactly here; cancels between base and new
};

class TreeBuilder {
 public:
  explicit TreeBuilder(const StackSet& set) : set_(set), order_(set.stacks.size()), leaf_of_(set.stacks.size()) {
    keys_.resize(set.frame_ids.size());
    for (const PicturedStack& stack : set.stacks) {
      for (std::size_t i = 0; i < stack.length; ++i) {
        const bool tail = i >= stack.length - stack.tail;
        keys_[stack.begin + i] = Index(set.frame_ids[stack.begin + i]) << 1U | (tail ? 1U : 0U);
      }
    }
    std::iota(order_.begin(), order_.end(), 0U);
    std::sort(order_.begin(), order_.end(), [this](std::uint32_t a, std::uint32_t b) { return Less(a, b); });
  }

  FlameTree Build(double min_fraction) {
    AppendStacks();
    SumUp();
    FlameTree tree = Keep(min_fraction);
    AddLines(&tree);
    for (FlameBox& box : tree.boxes) {
      std::sort(box.children.begin(), box.children.end(), [&](std::uint32_t a, std::uint32_t b) {
        const FlameBox &left = tree.boxes[a], &right = tree.boxes[b];
        if (left.tail != right.tail) return right.tail;
        if (left.weight != right.weight) return left.weight > right.weight;
        return set_.frames[Index(left.frame)].name < set_.frames[Index(right.frame)].name;
      });
    }
    return tree;
  }

 private:
  [[nodiscard]] std::span<const std::uint32_t> KeysOf(std::uint32_t stack) const {
    return {keys_.data() + set_.stacks[stack].begin, set_.stacks[stack].length};
  }

  [[nodiscard]] bool Less(std::uint32_t a, std::uint32_t b) const {
    const auto keys_a = KeysOf(a), keys_b = KeysOf(b);
    return std::lexicographical_compare(keys_a.begin(), keys_a.end(), keys_b.begin(), keys_b.end());
  }

  void AppendStacks() {
    nodes_.push_back({});
    std::vector<std::uint32_t> path{0};  // node at each depth of the previous stack
    for (const std::uint32_t index : order_) {
      const auto keys = KeysOf(index);
      std::size_t shared = 0;
      while (shared < keys.size() && shared + 1 < path.size() && nodes_[path[shared + 1]].key == keys[shared]) ++shared;
      path.resize(shared + 1);
      for (std::size_t i = shared; i < keys.size(); ++i) {
        Node node;
        node.parent = path.back();
        node.depth = static_cast<std::uint32_t>(i + 1);
        node.key = keys[i];
        path.push_back(static_cast<std::uint32_t>(nodes_.size()));
        nodes_.push_back(node);
      }
      const PicturedStack& stack = set_.stacks[index];
      leaf_of_[index] = path.back();
      nodes_[path.back()].path += stack.value;
      nodes_[path.back()].objects += stack.objects;
      nodes_[path[stack.length - stack.tail]].self += stack.value;
      if (stack.tail > 0) nodes_[path.back()].self += stack.value;
    }
  }

  // Children stand behind their parents, so one backward pass sums whole subtrees.
  void SumUp() {
    for (std::size_t i = nodes_.size(); i-- > 0;) {
      Node& node = nodes_[i];
      node.weight = SaturatingAdd(node.weight, Magnitude(node.path.growth()));
      node.value += node.path;
      if (node.parent == kNoBox) continue;
      Node& parent = nodes_[node.parent];
      parent.weight = SaturatingAdd(parent.weight, node.weight);
      parent.value += node.value;
      parent.objects += node.objects;
    }
  }

  FlameTree Keep(double min_fraction) {
    FlameTree tree;
    const auto threshold = static_cast<double>(nodes_[0].weight) * min_fraction;
    box_of_.assign(nodes_.size(), kNoBox);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const Node& node = nodes_[i];
      const std::uint32_t parent = node.parent == kNoBox ? kNoBox : box_of_[node.parent];
      const bool is_root = i == 0;
      const bool is_tail = (node.key & 1U) != 0;
      if (!is_root && (parent == kNoBox || node.weight == 0 || static_cast<double>(node.weight) < threshold)) {
        if (node.weight > 0 && !is_tail) ++tree.elided_boxes;
        if (parent != kNoBox && !is_tail) tree.elided_weight = SaturatingAdd(tree.elided_weight, node.weight);
        continue;
      }
      box_of_[i] = static_cast<std::uint32_t>(tree.boxes.size());
      if (!is_root) tree.boxes[parent].children.push_back(box_of_[i]);
      FlameBox box;
      box.frame = static_cast<FrameId>(node.key >> 1U);
      box.tail = is_tail;
      box.depth = node.depth;
      box.weight = node.weight;
      box.value = node.value;
      box.objects = node.objects;
      box.self = node.self;
      tree.depth = std::max(tree.depth, node.depth);
      tree.boxes.push_back(std::move(box));
    }
    return tree;
  }

  // Which source lines a box stands for; only for the few boxes that are drawn.
  void AddLines(FlameTree* tree) const {
    std::vector<std::map<std::int64_t, std::int64_t>> weight_by_line(tree->boxes.size());
    for (std::uint32_t index = 0; index < set_.stacks.size(); ++index) {
      const PicturedStack& stack = set_.stacks[index];
      for (std::uint32_t node = leaf_of_[index]; node != 0; node = nodes_[node].parent) {
        if (box_of_[node] == kNoBox) continue;
        const std::int64_t line = set_.lines[stack.begin + nodes_[node].depth - 1];
        if (line > 0) {
          std::int64_t& weight = weight_by_line[box_of_[node]][line];
          weight = SaturatingAdd(weight, Magnitude(stack.value.growth()));
        }
      }
    }
    for (std::size_t i = 0; i < tree->boxes.size(); ++i) {
      if (weight_by_line[i].empty()) continue;
      const auto heaviest = std::max_element(weight_by_line[i].begin(), weight_by_line[i].end(),
                                             [](const auto& a, const auto& b) { return a.second < b.second; });
      tree->boxes[i].line = heaviest->first;
      tree->boxes[i].other_lines = static_cast<std::uint32_t>(weight_by_line[i].size() - 1);
    }
  }

  const StackSet& set_;
  std::vector<std::uint32_t> keys_;     // parallel to set_.frame_ids, see Node::key
  std::vector<std::uint32_t> order_;    // stacks, sorted by their frames from the root
  std::vector<std::uint32_t> leaf_of_;  // node in which each stack ends
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> box_of_;  // of each node, or kNoBox
};

}  // namespace

FlameTree BuildFlameTree(const StackSet& set, double min_fraction) { return TreeBuilder(set).Build(min_fraction); }

}  // namespace mqtrack::reports
