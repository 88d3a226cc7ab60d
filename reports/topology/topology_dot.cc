#include "reports/topology/topology_dot.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include "libtrack/support/units.h"
#include "reports/callgraph/dot_colour.h"
#include "reports/picture/picture_text.h"
#include "reports/topology/reading_words.h"

namespace mqtrack::reports {
namespace {

using topology::Edge;
using topology::Service;

std::string Quote(const std::string& text) { return "\"" + EscapeDot(CleanText(text)) + "\""; }

class Writer {
 public:
  explicit Writer(const TopologyReport& report) : report_(report), topology_(*report.topology) {
    for (const topology::Cycle& cycle : topology_.cycles) {
      for (std::size_t i = 0; i < cycle.services.size(); ++i)
        on_circle_.emplace(cycle.services[i], cycle.services[(i + 1) % cycle.services.size()]);
    }
    for (const Edge& edge : topology_.edges) most_calls_ = std::max(most_calls_, edge.count);
    for (const Service& service : topology_.services) most_seconds_ = std::max(most_seconds_, service.self_seconds);
  }

  std::string Write(std::size_t most_edges) {
    dot_ =
        "digraph \"mqtrack topology\" {\nnode [style=filled fillcolor=\"#f8f8f8\" fontname=\"Helvetica,sans-serif\" "
        "shape=box]\nedge [fontname=\"Helvetica,sans-serif\"]\n";
    const std::vector<std::size_t> shown = ShownEdges(most_edges);
    WriteLegend(shown.size());
    for (std::size_t i = 0; i < topology_.services.size(); ++i) WriteService(i);
    for (const std::size_t i : shown) WriteEdge(i);
    return std::move(dot_) + "}\n";
  }

 private:
  [[nodiscard]] bool IsOnCircle(const Edge& edge) const { return on_circle_.contains({edge.from, edge.to}); }

  [[nodiscard]] std::vector<std::size_t> ShownEdges(std::size_t most) const {
    std::vector<std::size_t> order(topology_.edges.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const Edge &left = topology_.edges[a], &right = topology_.edges[b];
      return std::pair(IsOnCircle(left), left.count) > std::pair(IsOnCircle(right), right.count);
    });
    if (most > 0 && order.size() > most) order.resize(most);
    return order;
  }

  void WriteLegend(std::size_t shown) {
    std::vector<std::string> lines = {"mqtrack topology", SizeWords(topology_),
                                      "arrows: calls (dashed: messages), how often, p50 / p99 of who is called"};
    if (shown < topology_.edges.size())
      lines.push_back(support::FormatCount(static_cast<std::int64_t>(topology_.edges.size() - shown)) +
                      " edges are not drawn (-n 0 draws all)");
    for (const std::string& loss : LossWords(topology_.reading)) lines.push_back(loss);
    dot_ += "subgraph cluster_L { \"legend\" [id=\"legend\" shape=box fontsize=16 label=\"";
    for (const std::string& line : lines) dot_ += EscapeDot(FitColumns(CleanText(line), 100)) + "\\l";
    dot_ += "\" tooltip=\"mqtrack topology\"] }\n";
  }

  void WriteService(std::size_t i) {
    const Service& service = topology_.services[i];
    const std::string name = CleanText(service.name);
    std::string label =
        EscapeDot(FitColumns(name, 40)) + "\\n" + EscapeDot(support::FormatCount(service.visits)) + " visits";
    if (service.self.count > 0)
      label += "\\n" + EscapeDot(TimeText(service.self.p50_ns, 1) + " own, p99 " + TimeText(service.self.p99_ns, 1));
    if (service.errors > 0) label += "\\n" + EscapeDot(support::FormatCount(service.errors)) + " errors";
    if (service.orphans > 0) label += "\\n" + EscapeDot(support::FormatCount(service.orphans)) + " orphans";
    if (IsSlow(service)) label += "\\nslow: " + EscapeDot(TimesText(service.times_usual)) + " the median service";
    const double share = most_seconds_ > 0 ? service.self_seconds / most_seconds_ : 0;
    dot_ += NodeName(i) + " [label=\"" + label + "\" id=\"node" + std::to_string(i + 1) + "\" tooltip=" + Quote(name) +
            " color=\"" + DotColour(IsSlow(service) ? 1 : share / 2, DotPaint::kBorder) + "\" fillcolor=\"" +
            DotColour(share / 2, DotPaint::kFill) + "\"" + (IsSlow(service) ? " penwidth=3" : "") + "]\n";
  }

  void WriteEdge(std::size_t i) {
    const Edge& edge = topology_.edges[i];
    const bool is_new = report_.comparison != nullptr && report_.comparison->edges[i].base == nullptr;
    const double times = report_.comparison == nullptr ? 0 : report_.comparison->edges[i].times;
    const double share = most_calls_ > 0 ? static_cast<double>(edge.count) / static_cast<double>(most_calls_) : 0;
    std::string label = " " + support::FormatCount(edge.count);
    if (edge.latency.count > 0)
      label += ", " + TimeText(edge.latency.p50_ns, 1) + " / " + TimeText(edge.latency.p99_ns, 1);
    if (edge.errors > 0) label += ", " + support::FormatCount(edge.errors) + " errors";
    if (is_new) label += ", new";
    if (times > 0) label += ", " + TimesText(times) + " the base";
    const bool bad = IsOnCircle(edge) || times >= topology::kSlowTimes;
    const int width = 1 + static_cast<int>(std::lround(share * 5));
    dot_ += NodeName(edge.from) + " -> " + NodeName(edge.to) + " [label=" + Quote(label) +
            " tooltip=" + Quote(EdgeName(topology_, edge) + " (" + EdgeKindName(edge.kind) + ")") +
            " penwidth=" + std::to_string(width) + " color=\"" + DotColour(bad ? 1 : 0, DotPaint::kBorder) + "\"" +
            (edge.kind == topology::EdgeKind::kMessage ? " style=dashed" : "") + "]\n";
  }

  static std::string NodeName(std::size_t i) { return "N" + std::to_string(i + 1); }

  const TopologyReport& report_;
  const topology::Topology& topology_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> on_circle_;
  std::int64_t most_calls_ = 0;
  double most_seconds_ = 0;
  std::string dot_;
};

}  // namespace

std::string RenderTopologyDot(const TopologyReport& report, std::size_t most_edges) {
  return Writer(report).Write(most_edges);
}

}  // namespace mqtrack::reports
