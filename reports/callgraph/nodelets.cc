#include "reports/callgraph/nodelets.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "libtrack/support/units.h"
#include "reports/callgraph/trim.h"
#include "reports/picture/picture_text.h"

namespace mqtrack::reports {
namespace {

struct Nodelet {
  std::string label;  // lines separated by '\n'
  std::int64_t value = 0;
};

std::vector<Nodelet> TextNodelets(const GraphNode& node) {
  std::vector<Nodelet> nodelets;
  for (const auto& [text, tag] : node.text_tags) {
    const std::int64_t value = node.out.empty() ? tag.cum : tag.flat;
    if (value != 0) nodelets.push_back({text, value});
  }
  std::stable_sort(nodelets.begin(), nodelets.end(),
                   [](const Nodelet& a, const Nodelet& b) { return Magnitude(a.value) > Magnitude(b.value); });
  if (nodelets.size() > kMaxNodelets) nodelets.resize(kMaxNodelets);
  return nodelets;
}

// Sizes as at most four ranges: the neighbours that are closest by ratio are joined until few enough are left.
std::vector<Nodelet> SizeNodelets(const GraphNode& node) {
  struct Range {
    std::int64_t low, high, value;
  };
  std::vector<Range> ranges;
  for (const auto& [size, tag] : node.size_tags) {
    const std::int64_t value = node.out.empty() ? tag.cum : tag.flat;
    if (value != 0 && size >= 0) ranges.push_back({size, size, value});
  }
  while (ranges.size() > kMaxNodelets) {
    std::size_t closest = 0;
    double smallest = -1;
    for (std::size_t i = 0; i + 1 < ranges.size(); ++i) {
      const double ratio = (static_cast<double>(ranges[i + 1].high) + 1) / (static_cast<double>(ranges[i].low) + 1);
      if (smallest < 0 || ratio < smallest) {
        smallest = ratio;
        closest = i;
      }
    }
    ranges[closest].high = ranges[closest + 1].high;
    ranges[closest].value = SaturatingAdd(ranges[closest].value, ranges[closest + 1].value);
    ranges.erase(ranges.begin() + static_cast<std::ptrdiff_t>(closest) + 1);
  }
  std::vector<Nodelet> nodelets;
  for (const Range& range : ranges) {
    std::string label = support::FormatBytes(range.low);
    if (range.high != range.low) label += ".." + support::FormatBytes(range.high);
    nodelets.push_back({std::move(label), range.value});
  }
  return nodelets;
}

std::string EscapeLines(const std::string& text) {
  std::string escaped;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    if (!escaped.empty()) escaped += "\\n";
    escaped += EscapeDot(FitColumns(text.substr(start, end - start), 48));
    start = end + 1;
  }
  return escaped;
}

}  // namespace

std::string WriteNodelets(const GraphNode& node, std::size_t number, const StackSet& set) {
  std::vector<Nodelet> nodelets = TextNodelets(node);
  for (Nodelet& nodelet : SizeNodelets(node)) nodelets.push_back(std::move(nodelet));
  std::string dot;
  for (std::size_t i = 0; i < nodelets.size(); ++i) {
    const std::string owner = "N" + std::to_string(number), id = owner + "_" + std::to_string(i);
    const std::string value = EscapeDot(support::FormatValue(nodelets[i].value, set.value_type.unit));
    dot += id + " [label=\"" + EscapeLines(nodelets[i].label) + "\" id=\"" + id +
           "\" fontsize=12 shape=box3d tooltip=\"" + value + "\"]\n";
    dot += owner + " -> " + id + " [label=\" " + value + "\" weight=100 tooltip=\"" + value + "\" labeltooltip=\"" +
           value + "\"]\n";
  }
  return dot;
}

}  // namespace mqtrack::reports
