#include "reports/callgraph/graph.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "libtrack/support/cxx_name.h"
#include "reports/picture/picture_text.h"

namespace mqtrack::reports {
namespace {

constexpr std::size_t kMostVia = 12;  // names of frames that only pass a call on, in one text

constexpr std::uint32_t kNone = 0xffffffff;

class GraphBuilder {
 public:
  GraphBuilder(const profile::Profile& profile, const StackSet& set, const std::vector<bool>* kept)
      : profile_(profile),
        set_(set),
        kept_(kept),
        has_one_thread_(HasOneThread(profile)),
        node_of_(set.frames.size(), kNone) {
    // Frames that differ only in having been inlined are one function.
    std::unordered_map<std::string, std::uint32_t> by_name;
    for (std::uint32_t i = 0; i < set.frames.size(); ++i) {
      const FrameText& frame = set.frames[i];
      function_of_.push_back(by_name.try_emplace(frame.name + '\n' + frame.file, i).first->second);
    }
  }

  CallGraph Build() {
    for (const PicturedStack& stack : set_.stacks) AddStack(stack);
    for (std::uint32_t i = 0; i < graph_.edges.size(); ++i) {
      graph_.nodes[Index(graph_.edges[i].caller)].out.push_back(i);
      graph_.nodes[Index(graph_.edges[i].callee)].in.push_back(i);
    }
    return std::move(graph_);
  }

 private:
  void AddStack(const PicturedStack& stack) {
    const std::int64_t weight = stack.value.growth();
    if (weight == 0) return;
    const profile::Sample& sample = profile_.samples[stack.sample];
    const std::string tag = JoinTextLabels(sample);
    const std::size_t length = stack.length - stack.tail;
    ++sample_serial_;
    std::uint32_t caller = kNone;
    bool residual = false;
    for (std::size_t i = 0; i < length; ++i) {
      const FrameId frame = set_.frame_ids[stack.begin + i];
      const std::uint32_t function = function_of_[Index(frame)];
      if (kept_ != nullptr && !(*kept_)[function]) {
        residual = true;
        continue;
      }
      const std::uint32_t node = NodeOf(function);
      if (seen_node_[node] != sample_serial_) {
        seen_node_[node] = sample_serial_;
        AddCum(sample, tag, weight, &graph_.nodes[node]);
      }
      if (caller != kNone && caller != node) {
        AddEdge(caller, node, weight, residual, set_.frames[Index(frame)].inlined);
      }
      caller = node;
      residual = false;
    }
    if (caller != kNone && !residual) AddFlat(stack, sample, tag, weight, &graph_.nodes[caller]);
  }

  std::uint32_t NodeOf(std::uint32_t function) {
    std::uint32_t& node = node_of_[function];
    if (node == kNone) {
      node = static_cast<std::uint32_t>(graph_.nodes.size());
      graph_.nodes.emplace_back().frame = static_cast<FrameId>(function);
      seen_node_.push_back(0);
    }
    return node;
  }

  static void AddCum(const profile::Sample& sample, const std::string& tag, std::int64_t weight, GraphNode* node) {
    node->cum = SaturatingAdd(node->cum, weight);
    if (!tag.empty()) Add(weight, &node->text_tags[tag].cum);
    ForEachSize(sample, [&](std::int64_t size) { Add(weight, &node->size_tags[size].cum); });
  }

  void AddFlat(const PicturedStack& stack, const profile::Sample& sample, const std::string& tag, std::int64_t weight,
               GraphNode* node) {
    node->flat = SaturatingAdd(node->flat, weight);
    if (!tag.empty()) Add(weight, &node->text_tags[tag].flat);
    ForEachSize(sample, [&](std::int64_t size) { Add(weight, &node->size_tags[size].flat); });
    const std::size_t culprit = stack.begin + stack.length - stack.tail - 1;
    if (Magnitude(weight) > node->heaviest) {
      node->heaviest = Magnitude(weight);
      node->line = set_.lines[culprit];
    }
    std::string via;
    const std::size_t leaf = stack.begin + stack.length, end = std::min(leaf, culprit + 1 + kMostVia);
    for (std::size_t i = culprit + 1; i < end; ++i) {
      if (!via.empty()) via += ", ";
      via += support::BareName(set_.frames[Index(set_.frame_ids[i])].name);
    }
    if (end < leaf) via += " and " + std::to_string(leaf - end) + " more";
    if (!via.empty()) Add(Magnitude(weight), &node->via[via]);
  }

  void AddEdge(std::uint32_t caller, std::uint32_t callee, std::int64_t weight, bool residual, bool inlined) {
    const std::uint64_t key = std::uint64_t{caller} << 32U | callee;
    const auto [entry, added] = edge_of_.try_emplace(key, static_cast<std::uint32_t>(graph_.edges.size()));
    if (added) {
      graph_.edges.push_back({static_cast<NodeId>(caller), static_cast<NodeId>(callee), 0, false, true});
      seen_edge_.push_back(0);
    }
    if (seen_edge_[entry->second] == sample_serial_) return;
    seen_edge_[entry->second] = sample_serial_;
    GraphEdge& edge = graph_.edges[entry->second];
    edge.weight = SaturatingAdd(edge.weight, weight);
    edge.residual = edge.residual || residual;
    edge.inlined = edge.inlined && inlined && !residual;
  }

  static void Add(std::int64_t weight, std::int64_t* sum) { *sum = SaturatingAdd(*sum, weight); }

  /// A label that all samples share tells nothing of any of them: the name of the only thread.
  [[nodiscard]] static bool HasOneThread(const profile::Profile& profile) {
    const std::string* only = nullptr;
    for (const profile::Sample& sample : profile.samples) {
      for (const profile::Label& label : sample.labels) {
        if (label.key != "thread") continue;
        if (only != nullptr && *only != label.str) return false;
        only = &label.str;
      }
    }
    return true;
  }

  [[nodiscard]] std::string JoinTextLabels(const profile::Sample& sample) const {
    std::string joined;
    for (const profile::Label& label : sample.labels) {
      if (label.str.empty() || (has_one_thread_ && label.key == "thread")) continue;
      if (!joined.empty()) joined += '\n';
      joined += CleanText(label.key + ":" + label.str);
    }
    return joined;
  }

  template <typename Action>
  static void ForEachSize(const profile::Sample& sample, Action action) {
    for (const profile::Label& label : sample.labels) {
      if (label.key == "bytes" && label.str.empty()) action(label.num);
    }
  }

  const profile::Profile& profile_;
  const StackSet& set_;
  const std::vector<bool>* kept_;
  bool has_one_thread_;
  std::vector<std::uint32_t> function_of_;            // of each frame: the frame that stands for its function
  std::vector<std::uint32_t> node_of_;                // of each such frame
  std::vector<std::uint32_t> seen_node_, seen_edge_;  // serial of the sample that last counted it
  std::uint32_t sample_serial_ = 0;
  std::unordered_map<std::uint64_t, std::uint32_t> edge_of_;
  CallGraph graph_;
};

}  // namespace

CallGraph BuildCallGraph(const profile::Profile& profile, const StackSet& set, const std::vector<bool>* kept) {
  return GraphBuilder(profile, set, kept).Build();
}

std::int64_t FlatSum(const CallGraph& graph) {
  std::int64_t sum = 0;
  for (const GraphNode& node : graph.nodes) sum = SaturatingAdd(sum, node.flat);
  return sum;
}

}  // namespace mqtrack::reports
