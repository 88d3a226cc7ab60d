#include "reports/topology/topology_text.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "libtrack/analysis/printable.h"
#include "libtrack/support/units.h"
#include "reports/topology/reading_words.h"
#include "reports/words/columns.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

using topology::Edge;
using topology::EdgeChange;
using topology::Service;

// Which rows are shown, the ones with the most first, and how many are not.
template <typename Weight>
std::vector<std::size_t> Heaviest(std::size_t count, std::size_t most, const Weight& weight) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return weight(a) > weight(b); });
  if (most > 0 && order.size() > most) order.resize(most);
  return order;
}

class Writer {
 public:
  Writer(const TopologyReport& report, const TopologyTextOptions& options)
      : report_(report), topology_(*report.topology), options_(options) {}

  std::string Write() {
    text_ = SizeWords(topology_) + "\n";
    Services();
    Edges();
    Cycles();
    Judgement();
    Losses();
    return std::move(text_);
  }

 private:
  using Cells = std::vector<Columns::Cell>;

  void Title(const std::string& title) { text_ += "\n" + Styled(title, Style::kBold, options_.colour) + "\n"; }
  void More(std::size_t all, std::size_t shown) {
    if (all > shown)
      text_ += "  … and " + support::FormatCount(static_cast<std::int64_t>(all - shown)) + " more (-n 0 shows all)\n";
  }
  static std::string Count(std::int64_t count) { return support::FormatCount(count); }
  static Columns::Cell Errors(std::int64_t errors) { return {Count(errors), errors > 0 ? Style::kBad : Style::kPlain}; }

  void Services() {
    Title("Services, by their own time");
    using enum Columns::Kind;
    Columns columns({kText, kNumber, kNumber, kNumber, kNumber, kNumber, kText});
    columns.AddRow({{"SERVICE", Style::kDim},
                    {"VISITS", Style::kDim},
                    {"ERRORS", Style::kDim},
                    {"OWN P50", Style::kDim},
                    {"OWN P99", Style::kDim},
                    {"OWN TOTAL", Style::kDim},
                    {"", Style::kDim}});
    const std::vector<Service>& all = topology_.services;
    const auto shown = Heaviest(all.size(), options_.rows, [&](std::size_t i) { return all[i].self_seconds; });
    for (const std::size_t i : shown) {
      const Service& service = all[i];
      std::string remark;
      if (IsSlow(service)) remark = "slow: " + TimesText(service.times_usual) + " the median service";
      if (report_.comparison != nullptr && report_.comparison->is_new_service[i])
        remark += remark.empty() ? "new" : "; new";
      if (service.orphans > 0) {
        remark += (remark.empty() ? "" : "; ") + Count(service.orphans) + " without the parent that " +
                  (service.orphans == 1 ? "it names" : "they name");
      }
      columns.AddRow(
          {{analysis::Printable(service.name)},
           {Count(service.visits)},
           Errors(service.errors),
           {TimeText(service.self.p50_ns, service.self.count)},
           {TimeText(service.self.p99_ns, service.self.count)},
           {TimeText(static_cast<std::int64_t>(std::min(service.self_seconds, 9e9) * 1e9), service.self.count)},
           {remark, IsSlow(service) ? Style::kBad : Style::kDim}});
    }
    text_ += columns.Render(2, options_.width_columns, options_.colour);
    More(all.size(), shown.size());
  }

  [[nodiscard]] std::string EdgeRemark(std::size_t i) const {
    const Edge& edge = topology_.edges[i];
    std::vector<std::string> remarks;
    if (report_.comparison != nullptr) {
      const EdgeChange& change = report_.comparison->edges[i];
      if (change.base == nullptr) remarks.emplace_back("new");
      if (change.times > 0)
        remarks.push_back(TimesText(change.times) + (change.by_median ? " the base's median" : " the base's p99"));
    }
    if (edge.returns > 0) remarks.push_back("closes a circle " + Plural(edge.returns, "time"));
    if (edge.delivery.count > 0)
      remarks.push_back("delivered in " + TimeText(edge.delivery.p50_ns, 1) + ", p99 " +
                        TimeText(edge.delivery.p99_ns, 1));
    if (edge.clock_skews > 0) remarks.push_back(Count(edge.clock_skews) + " handled before sent: clocks differ");
    std::string text;
    for (const std::string& remark : remarks) text += (text.empty() ? "" : "; ") + remark;
    return text;
  }

  [[nodiscard]] bool IsSlower(std::size_t i) const {
    return report_.comparison != nullptr && report_.comparison->edges[i].times >= topology::kSlowTimes;
  }

  void Edges() {
    Title("Calls and messages, by the time they take");
    using enum Columns::Kind;
    Columns columns({kText, kText, kNumber, kNumber, kNumber, kNumber, kNumber, kText});
    columns.AddRow({{"FROM -> TO", Style::kDim},
                    {"KIND", Style::kDim},
                    {"COUNT", Style::kDim},
                    {"ERRORS", Style::kDim},
                    {"P50", Style::kDim},
                    {"P99", Style::kDim},
                    {"MAX", Style::kDim},
                    {"", Style::kDim}});
    const std::vector<Edge>& all = topology_.edges;
    const auto shown = Heaviest(all.size(), options_.rows, [&](std::size_t i) {
      return std::pair(static_cast<double>(all[i].latency.p50_ns) * static_cast<double>(all[i].latency.count),
                       all[i].count);
    });
    for (const std::size_t i : shown) {
      const Edge& edge = all[i];
      columns.AddRow({{analysis::Printable(EdgeName(topology_, edge))},
                      {EdgeKindName(edge.kind)},
                      {Count(edge.count)},
                      Errors(edge.errors),
                      {TimeText(edge.latency.p50_ns, edge.latency.count)},
                      {TimeText(edge.latency.p99_ns, edge.latency.count), IsSlower(i) ? Style::kGrew : Style::kPlain},
                      {TimeText(edge.latency.max_ns, edge.latency.count)},
                      {EdgeRemark(i), Style::kDim}});
    }
    if (all.empty()) text_ += "  none: no span has a parent in another service\n";
    if (!all.empty()) text_ += columns.Render(2, options_.width_columns, options_.colour);
    More(all.size(), shown.size());
    if (report_.comparison == nullptr) return;
    for (const Edge* gone : report_.comparison->gone) {
      text_ += "  gone: " + analysis::Printable(EdgeName(*report_.base, *gone)) + " (" + EdgeKindName(gone->kind) +
               ", " + Count(gone->count) + " in the base)\n";
    }
  }

  void Cycles() {
    if (topology_.cycles.empty()) {
      text_ += "\nNo circles.\n";
      return;
    }
    Title("Circles");
    for (std::size_t i = 0; i < topology_.cycles.size(); ++i) {
      const topology::Cycle& cycle = topology_.cycles[i];
      const bool is_new = report_.comparison != nullptr && report_.comparison->is_new_cycle[i];
      std::string line = analysis::Printable(CycleName(topology_, cycle));
      line += cycle.has_message ? ", over messages" : "";
      line += cycle.returns > 0 ? ": " + Plural(cycle.returns, "time") + " within one trace" +
                                      (cycle.example_trace.empty() ? "" : ", such as " + cycle.example_trace)
                                : ": within no single trace that was seen";
      text_ += "  " + Styled(line, cycle.returns > 0 ? Style::kBad : Style::kPlain, options_.colour) +
               (is_new ? " (new)" : "") + "\n";
    }
  }

  void Judgement() {
    if (report_.judgement == nullptr) return;
    Title("Checks");
    for (const auto& finding : report_.judgement->findings) {
      text_ += "  " + Styled("FAIL", Style::kBad, options_.colour) + " " + finding.check + ": " +
               analysis::Printable(finding.sentence) + "\n";
    }
    for (const std::string& reason : report_.judgement->not_measured) {
      text_ += "  " + Styled("CANNOT MEASURE", Style::kBad, options_.colour) + " " + reason + "\n";
    }
    for (const std::string& what : report_.judgement->not_judged)
      text_ += "  not judged: " + analysis::Printable(what) + "\n";
    if (report_.judgement->Passes()) text_ += "  " + Styled("PASS", Style::kGood, options_.colour) + "\n";
  }

  void Losses() {
    const std::vector<std::string> losses = LossWords(topology_.reading);
    if (losses.empty()) return;
    Title("Not used");
    for (const std::string& loss : losses) text_ += "  " + loss + "\n";
  }

  const TopologyReport& report_;
  const topology::Topology& topology_;
  const TopologyTextOptions& options_;
  std::string text_;
};

}  // namespace

std::string RenderTopologyText(const TopologyReport& report, const TopologyTextOptions& options) {
  return Writer(report, options).Write();
}

}  // namespace mqtrack::reports
