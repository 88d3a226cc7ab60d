#include "reports/holders/holders_dot.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "libtrack/log/kinds.h"
#include "libtrack/profile/fact.h"
#include "libtrack/support/units.h"
#include "reports/holders/holder_tree.h"
#include "reports/picture/picture_text.h"
#include "reports/picture/stack_set.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

constexpr std::size_t kNameColumns = 44, kLegendColumns = 110, kMostClients = 8, kMostMakers = 5;
constexpr double kLightestShare = 0.005;

struct KindColour {
  std::string_view kind, fill, words;
};
// Light fills, told apart with colour-blind eyes too; each kind's name stands in its boxes anyway.
constexpr KindColour kKindColours[] = {
    {"client", "#cfe2f3", "an MQTT client"},   {"global", "#fff2cc", "a global variable"},
    {"thread", "#d9ead3", "a thread"},         {"mapping", "#ead1dc", "a mapping"},
    {"shared", "#e8e8e8", "several of these"}, {"lost", "#f4b6a8", "nobody: lost"}};
constexpr std::string_view kObjectFill = "#f8f8f8";

std::string Quote(const std::string& text) { return "\"" + EscapeDot(text) + "\""; }

std::string Amount(const HeldAmount& amount) {
  return support::FormatBytes(amount.bytes) + " in " + Plural(amount.blocks, "block");
}

class DotWriter {
 public:
  DotWriter(const HolderTree& tree, std::size_t max_nodes) : tree_(tree) { Choose(max_nodes); }

  std::string Write(const std::string& title, const std::vector<std::string>& legend) {
    dot_ = "digraph " + Quote(title) +
           " {\nrankdir=LR\nnode [shape=box style=filled fontname=\"Helvetica,sans-serif\"]\n" +
           "edge [fontname=\"Helvetica,sans-serif\" fontsize=11]\n";
    WriteLegend(title, legend);
    WriteBox(0, title, {title, Amount(tree_.total)}, kObjectFill, Amount(tree_.total));
    for (std::uint32_t i = 0; i < tree_.boxes.size(); ++i) {
      if (!is_shown_[i]) continue;
      WriteHolder(i);
      WriteEdge(tree_.boxes[i].parent, i + 1, tree_.boxes[i].held);
    }
    WriteRests();
    return std::move(dot_) + "}\n";
  }

  [[nodiscard]] std::size_t hidden() const { return hidden_; }
  [[nodiscard]] std::int64_t lightest() const { return lightest_; }

 private:
  /// The heaviest. None is heavier than what holds it, so what holds it is chosen too.
  void Choose(std::size_t max_nodes) {
    std::vector<std::uint32_t> order(tree_.boxes.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return Magnitude(tree_.boxes[a].held.bytes) > Magnitude(tree_.boxes[b].held.bytes);
    });
    is_shown_.resize(order.size());
    rests_.resize(order.size() + 1);
    rest_counts_.resize(order.size() + 1);
    // As the call graph: what is lighter says nothing of the whole.
    lightest_ = static_cast<std::int64_t>(static_cast<double>(Magnitude(tree_.total.bytes)) * kLightestShare);
    std::size_t shown = 0;
    for (const std::uint32_t i : order) {
      const std::uint32_t parent = tree_.boxes[i].parent;
      const bool is_first_hidden = parent == kNoParent || is_shown_[parent];
      const HeldAmount& held = tree_.boxes[i].held;
      const bool says_something = held.bytes != 0 ? Magnitude(held.bytes) >= lightest_ : held.blocks != 0;
      if (shown < max_nodes && is_first_hidden && says_something) {
        is_shown_[i] = true;
        ++shown;
        continue;
      }
      ++hidden_;
      if (!is_first_hidden) continue;
      rests_[parent == kNoParent ? 0 : parent + 1] += tree_.boxes[i].held;
      ++rest_counts_[parent == kNoParent ? 0 : parent + 1];
    }
  }

  void WriteLegend(const std::string& title, const std::vector<std::string>& legend) {
    dot_ += "subgraph cluster_L { " + Quote(title) + " [id=\"legend\" fontsize=16 fillcolor=\"" +
            std::string(kObjectFill) + "\" label=\"";
    for (const std::string& line : legend) dot_ += EscapeDot(FitColumns(line, kLegendColumns)) + "\\l";
    dot_ += "\" tooltip=" + Quote(title) + "] }\n";
  }

  void WriteBox(std::uint32_t number, const std::string& name, const std::vector<std::string>& lines,
                std::string_view fill, const std::string& tooltip) {
    std::string label;
    for (const std::string& line : lines)
      label += (label.empty() ? "" : "\\n") + EscapeDot(FitColumns(line, kNameColumns));
    dot_ += "N" + std::to_string(number) + " [id=\"node" + std::to_string(number) + "\" label=\"" + label +
            "\" fillcolor=\"" + std::string(fill) + "\" tooltip=" + Quote(name + ": " + tooltip) + "]\n";
  }

  void WriteHolder(std::uint32_t i) {
    const HolderBox& box = tree_.boxes[i];
    const std::string name = NameOf(box);
    std::string_view fill = kObjectFill;
    for (const KindColour& colour : kKindColours) fill = box.kind == colour.kind ? colour.fill : fill;
    std::vector<std::string> lines = {name};
    if (box.kind.empty()) {
      lines.push_back(Amount(box.own));
      if (box.held.bytes != box.own.bytes || box.held.blocks != box.own.blocks)
        lines.push_back("holds " + support::FormatBytes(box.held.bytes) + " in all (" + Share(box.held) + ")");
    } else {
      lines.push_back(support::FormatBytes(box.held.bytes) + " (" + Share(box.held) + ") in " +
                      Plural(box.held.blocks, "block"));
    }
    std::string tooltip = Amount(box.held);
    std::size_t left = kMostMakers;
    for (const auto& [maker, amount] : box.made_by) {
      if (left-- == 0) {
        tooltip += "; and others";
        break;
      }
      const std::string where = Where(maker.file, maker.line, {});
      tooltip += "; " + Amount(amount) + " made by " + maker.function + (where.empty() ? "" : " at " + where);
    }
    WriteBox(i + 1, name, lines, fill, CleanText(tooltip));
  }

  void WriteEdge(std::uint32_t parent, std::uint32_t number, const HeldAmount& held) {
    constexpr double kWidest = 12;
    const double share = tree_.total.bytes == 0 ? 0
                                                : static_cast<double>(Magnitude(held.bytes)) /
                                                      static_cast<double>(Magnitude(tree_.total.bytes));
    char width[16];
    std::snprintf(width, sizeof width, "%.2f", 0.6 + kWidest * std::sqrt(std::min(share, 1.0)));
    const std::string from = std::to_string(parent == kNoParent ? 0 : parent + 1);
    dot_ += "N" + from + " -> N" + std::to_string(number) + " [label=\"" + EscapeDot(support::FormatBytes(held.bytes)) +
            "\\n \" penwidth=" + width + " color=\"#7f7f7f\" arrowsize=0.6 tooltip=" + Quote(Amount(held)) + "]\n";
  }

  /// What is not shown, one box for each holder.
  void WriteRests() {
    auto number = static_cast<std::uint32_t>(tree_.boxes.size() + 1);
    for (std::uint32_t i = 0; i < rests_.size(); ++i) {
      if (rest_counts_[i] == 0) continue;
      const std::string name = support::FormatCount(static_cast<std::int64_t>(rest_counts_[i])) + " more";
      WriteBox(number, name, {name, Amount(rests_[i])}, "#ffffff", Amount(rests_[i]));
      WriteEdge(i == 0 ? kNoParent : i - 1, number++, rests_[i]);
    }
  }

  [[nodiscard]] std::string Share(const HeldAmount& held) const {
    return support::FormatPercent(held.bytes, tree_.total.bytes);
  }

  [[nodiscard]] static std::string NameOf(const HolderBox& box) {
    if (box.merged == 1) return CleanText(box.name);
    constexpr log::SampleKind kClients = log::FindSampleKind(log::Kind::kMqttClient, log::Measure::kLiveCount);
    return support::FormatCount(box.merged) + " " + std::string(kClients.many);
  }

  const HolderTree& tree_;
  std::vector<bool> is_shown_;
  std::vector<HeldAmount> rests_;  // below the root, and each box
  std::vector<std::size_t> rest_counts_;
  std::size_t hidden_ = 0;
  std::int64_t lightest_ = 0;
  std::string dot_;
};

std::vector<std::string> Legend(const profile::Profile& profile, const HolderTree& tree, const std::string& title,
                                std::size_t hidden, std::int64_t lightest) {
  std::vector<std::string> lines = {title, Amount(tree.total) + ", each byte once"};
  if (const std::string time = support::FormatUtc(profile.time_nanos); !time.empty()) lines.push_back(time);
  if (tree.boxes.empty()) {
    lines.emplace_back("Nothing to show: nothing is alive.");
    return lines;
  }
  if (hidden != 0)
    lines.push_back(support::FormatCount(static_cast<std::int64_t>(hidden)) + " lighter ones are \"more\" (--nodes), " +
                    "those below " + support::FormatBytes(lightest) + " in any case");
  for (const std::string& note : profile::FindFacts(profile, "note")) lines.push_back("Note: " + CleanText(note));
  lines.emplace_back("An arrow: every pointer to what is behind it leads through what is before it.");
  lines.emplace_back("As wide as what would be freed with it. In brackets what it is, before them who points to it.");
  for (const KindColour& colour : kKindColours) {
    const bool is_there = std::any_of(tree.boxes.begin(), tree.boxes.end(),
                                      [&](const HolderBox& box) { return box.kind == colour.kind; });
    if (is_there && colour.kind == "shared")
      lines.emplace_back("shared: held by several of these, and by none of them alone");
    if (is_there && colour.kind == "lost") lines.emplace_back("lost: nothing points to it (mqtrack leaks)");
  }
  return lines;
}

}  // namespace

support::Result<std::string> RenderHoldersDot(const profile::Profile& profile, const HoldersOptions& options) {
  const support::Result<HolderTree> tree = BuildHolderTree(profile, {kMostClients});
  if (!tree) return tree.error();
  const std::string target = CleanText(profile::FindFact(profile, "target").value_or("a service"));
  const std::string title = options.title.empty() ? target + ": who holds what is alive" : CleanText(options.title);
  DotWriter writer(*tree, static_cast<std::size_t>(options.max_nodes));
  return writer.Write(title, Legend(profile, *tree, title, writer.hidden(), writer.lightest()));
}

}  // namespace mqtrack::reports
