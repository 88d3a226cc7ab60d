#include "reports/callgraph/dot_writer.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "libtrack/support/base_name.h"
#include "libtrack/support/cxx_name.h"
#include "libtrack/support/units.h"
#include "reports/callgraph/dot_colour.h"
#include "reports/callgraph/nodelets.h"
#include "reports/picture/picture_text.h"

namespace mqtrack::reports {
namespace {

constexpr std::size_t kMaxNameColumns = 40;  // of one line in a node; the tooltip has the whole name

// Smaller than this no name can be read, not even of what only passes calls on.
constexpr int kSmallestFont = 12, kLargestFont = 24;

std::string Quote(const std::string& text) { return "\"" + EscapeDot(text) + "\""; }

// One component per line, as pprof breaks names; but neither "libssl.so.3+0x2a40" nor the value of a label.
std::string BreakName(const FrameText& frame) {
  const bool is_whole = frame.label || frame.name.find("+0x") != std::string::npos;
  const std::string bare = is_whole ? frame.name : support::BareName(frame.name);
  std::string label, component;
  const auto finish = [&] {
    label += EscapeDot(FitColumns(component, kMaxNameColumns)) + "\\n";
    component.clear();
  };
  for (std::size_t i = 0; i < bare.size(); ++i) {
    const bool scope = bare.compare(i, 2, "::") == 0;
    const bool dot = bare[i] == '.' && i > 0 && i + 1 < bare.size();
    if (is_whole || component.empty() || !(scope || dot)) {
      component += bare[i];
      continue;
    }
    finish();
    if (scope) ++i;
  }
  finish();
  return label;
}

class DotWriter {
 public:
  DotWriter(const TrimmedGraph& trimmed, const StackSet& set)
      : trimmed_(trimmed), graph_(trimmed.graph), set_(set), total_(AbsoluteTotal(set)) {
    number_of_.resize(graph_.nodes.size());
    for (std::size_t i = 0; i < trimmed.order.size(); ++i) number_of_[Index(trimmed.order[i])] = i + 1;
    for (const GraphNode& node : graph_.nodes) max_flat_ = std::max(max_flat_, Magnitude(node.flat));
  }

  std::string Write(const std::string& title, const std::vector<std::string>& legend) {
    dot_ = "digraph " + Quote(title) +
           " {\nnode [style=filled fillcolor=\"#f8f8f8\" fontname=\"Helvetica,sans-serif\"]\n" +
           "edge [fontname=\"Helvetica,sans-serif\"]\n";
    WriteLegend(title, legend);
    std::vector<bool> has_nodelets(graph_.nodes.size());
    for (const NodeId node : trimmed_.order) {
      WriteNode(node);
      const std::string nodelets = WriteNodelets(graph_.nodes[Index(node)], number_of_[Index(node)], set_);
      has_nodelets[Index(node)] = !nodelets.empty();
      dot_ += nodelets;
    }
    WriteEdges(has_nodelets);
    return std::move(dot_) + "}\n";
  }

 private:
  [[nodiscard]] std::string Value(std::int64_t value) const {
    return support::FormatValue(value, set_.value_type.unit);
  }
  [[nodiscard]] std::string Percent(std::int64_t value) const {
    return support::FormatPercent(Magnitude(value), total_);
  }
  [[nodiscard]] double Share(std::int64_t value) const {
    return total_ == 0 ? 0 : static_cast<double>(value) / static_cast<double>(total_);
  }

  void WriteLegend(const std::string& title, const std::vector<std::string>& legend) {
    dot_ += "subgraph cluster_L { " + Quote(title) + " [id=\"legend\" shape=box fontsize=16 label=\"";
    for (const std::string& line : legend) dot_ += EscapeDot(line) + "\\l";
    dot_ += "\" tooltip=" + Quote(title) + "] }\n";
  }

  void WriteNode(NodeId id) {
    const GraphNode& node = graph_.nodes[Index(id)];
    const FrameText& frame = set_.frames[Index(node.frame)];
    const std::string number = std::to_string(number_of_[Index(id)]);
    std::string label = BreakName(frame);
    if (node.flat != 0 && node.line > 0 && !frame.file.empty()) {
      const std::string place = std::string(support::BaseName(frame.file)) + ":" + std::to_string(node.line);
      label += EscapeDot(FitColumns(place, kMaxNameColumns)) + "\\n";
    }
    if (node.flat != 0) label += EscapeDot(Value(node.flat) + " (" + Percent(node.flat) + ")");
    if (node.flat == 0) label += "0";
    if (node.cum != node.flat) {
      label += (node.flat != 0 ? "\\n" : " ") + EscapeDot("of " + Value(node.cum) + " (" + Percent(node.cum) + ")");
    }
    int font_size = kSmallestFont;
    if (max_flat_ > 0) {
      const double share = static_cast<double>(Magnitude(node.flat)) / static_cast<double>(max_flat_);
      font_size += static_cast<int>(std::ceil((kLargestFont - kSmallestFont) * std::sqrt(share)));
    }
    dot_ += "N" + number + " [label=\"" + label + "\" id=\"node" + number + "\" fontsize=" + std::to_string(font_size) +
            " shape=box tooltip=" + Quote(Tooltip(node, frame)) + " color=\"" +
            DotColour(Share(node.cum), DotPaint::kBorder) + "\" fillcolor=\"" +
            DotColour(Share(node.cum), DotPaint::kFill) + "\"]\n";
  }

  [[nodiscard]] std::string Tooltip(const GraphNode& node, const FrameText& frame) const {
    std::string text = frame.name + " (" + Value(node.cum) + ")";
    if (!frame.file.empty()) {
      text += " at " + frame.file;
      if (node.line > 0) text += ":" + std::to_string(node.line);
    }
    if (!frame.module.empty() && frame.name.find("+0x") == std::string::npos) text += " in " + frame.module;
    if (!node.via.empty()) {
      const auto heaviest = std::max_element(node.via.begin(), node.via.end(),
                                             [](const auto& a, const auto& b) { return a.second < b.second; });
      text += " via " + heaviest->first;
      if (node.via.size() > 1) text += " and " + std::to_string(node.via.size() - 1) + " other ways";
    }
    return text;
  }

  void WriteEdges(const std::vector<bool>& has_nodelets) {
    std::vector<std::uint32_t> edges;
    for (const NodeId node : trimmed_.order) {
      const std::vector<std::uint32_t>& out = graph_.nodes[Index(node)].out;
      edges.insert(edges.end(), out.begin(), out.end());
    }
    std::stable_sort(edges.begin(), edges.end(), [&](std::uint32_t a, std::uint32_t b) {
      return Magnitude(graph_.edges[a].weight) > Magnitude(graph_.edges[b].weight);
    });
    for (const std::uint32_t edge : edges) WriteEdge(graph_.edges[edge], has_nodelets);
  }

  void WriteEdge(const GraphEdge& edge, const std::vector<bool>& has_nodelets) {
    const std::string value = Value(edge.weight);
    const FrameText& caller = set_.frames[Index(graph_.nodes[Index(edge.caller)].frame)];
    const FrameText& callee = set_.frames[Index(graph_.nodes[Index(edge.callee)].frame)];
    const double share = std::abs(Share(edge.weight));
    const int weight = 1 + static_cast<int>(std::min(share * 100, 100.0));
    const int width = 1 + static_cast<int>(std::min(share * 5, 5.0));
    // Between the line and its label, of blanks that a browser does not take off.
    std::string gap;
    for (int blanks = 1 + width / 3; blanks > 0; --blanks) gap += "\xC2\xA0";
    dot_ += "N" + std::to_string(number_of_[Index(edge.caller)]) + " -> N" +
            std::to_string(number_of_[Index(edge.callee)]) + " [label=\"" + gap + EscapeDot(value) +
            (edge.inlined ? "\\n" + gap + "(inline)" : "") + "\"";
    if (weight > 1) dot_ += " weight=" + std::to_string(weight);
    if (width > 1) dot_ += " penwidth=" + std::to_string(width);
    const std::string tooltip =
        Quote(caller.name + (edge.residual ? " ... " : " -> ") + callee.name + " (" + value + ")");
    dot_ += " color=\"" + DotColour(Share(edge.weight), DotPaint::kBorder) + "\" tooltip=" + tooltip +
            " labeltooltip=" + tooltip;
    if (edge.residual) dot_ += " style=\"dotted\"";
    if (has_nodelets[Index(edge.caller)]) dot_ += " minlen=2";
    dot_ += "]\n";
  }

  const TrimmedGraph& trimmed_;
  const CallGraph& graph_;
  const StackSet& set_;
  std::int64_t total_, max_flat_ = 0;
  std::vector<std::size_t> number_of_;  // of each node: 1, 2, … in the order of drawing
  std::string dot_;
};

}  // namespace

std::int64_t AbsoluteTotal(const StackSet& set) {
  std::int64_t total = 0;
  for (const PicturedStack& stack : set.stacks) total = SaturatingAdd(total, Magnitude(stack.value.growth()));
  return total;
}

std::string WriteDot(const TrimmedGraph& trimmed, const StackSet& set, const std::string& title,
                     const std::vector<std::string>& legend) {
  return DotWriter(trimmed, set).Write(title, legend);
}

}  // namespace mqtrack::reports
