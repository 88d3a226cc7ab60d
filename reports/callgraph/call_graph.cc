#include "reports/callgraph/call_graph.h"

#include <cstdlib>
#include <utility>
#include <vector>

#include "libtrack/profile/merge.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/units.h"
#include "reports/callgraph/dot_writer.h"
#include "reports/callgraph/trim.h"
#include "reports/picture/caption.h"
#include "reports/picture/picture_text.h"

namespace mqtrack::reports {
namespace {

constexpr std::size_t kLegendColumns = 110;

std::string Count(std::size_t count, const char* what) {
  return support::FormatCount(static_cast<std::int64_t>(count)) + " " + what + (count == 1 ? "" : "s");
}

std::vector<std::string> LegendLines(const Caption& caption, const StackSet& set, const TrimmedGraph& trimmed) {
  const std::string& unit = set.value_type.unit;
  std::vector<std::string> lines{caption.title, caption.summary};
  if (!caption.part.empty()) lines.push_back(caption.part);
  for (const std::string& fact : caption.facts) lines.push_back(fact);
  for (const std::string& warning : caption.warnings) lines.push_back("Warning: " + warning);
  lines.push_back("Type: " + CleanText(set.value_type.type));
  const std::int64_t total = AbsoluteTotal(set);
  if (total == 0) {
    lines.push_back(set.is_diff            ? "Nothing grew and nothing shrank between the two profiles."
                    : caption.part.empty() ? "Nothing to show: the profile holds no such values."
                                           : "Nothing to show: nothing matches the filter.");
    return lines;
  }
  std::int64_t shown = 0;
  for (const NodeId node : trimmed.order) shown = SaturatingAdd(shown, trimmed.graph.nodes[Index(node)].flat);
  lines.push_back("Showing nodes accounting for " + support::FormatValue(shown, unit) + ", " +
                  support::FormatPercent(Magnitude(shown), total) + " of " + support::FormatValue(total, unit) +
                  " total");
  if (trimmed.dropped_nodes > 0) {
    lines.push_back("Dropped " + Count(trimmed.dropped_nodes, "node") +
                    " (cum <= " + support::FormatValue(trimmed.node_cutoff, unit) + ")");
  }
  if (trimmed.dropped_edges > 0) {
    lines.push_back("Dropped " + Count(trimmed.dropped_edges, "edge") +
                    " (freq <= " + support::FormatValue(trimmed.edge_cutoff, unit) + ")");
  }
  if (trimmed.order.size() < trimmed.nodes_after_cutoff) {
    lines.push_back("Showing top " + std::to_string(trimmed.order.size()) + " nodes out of " +
                    std::to_string(trimmed.nodes_after_cutoff));
  }
  lines.push_back("A box: self value, of what passes through it. Dotted: over functions that are not shown.");
  if (set.is_diff) lines.push_back("Red grew, green shrank.");
  return lines;
}

}  // namespace

support::Result<std::string> RenderDot(const profile::Profile& profile, const profile::Profile* base,
                                       const analysis::WrapperList& wrappers, const GraphOptions& options) {
  // As pprof's -base does it: subtract first, then draw what is left.
  profile::Profile difference;
  if (base != nullptr) {
    support::Result<profile::Profile> subtracted = profile::Subtract(profile, *base);
    if (!subtracted) return subtracted.error();
    difference = std::move(*subtracted);
  }
  const profile::Profile& drawn = base != nullptr ? difference : profile;
  support::Result<StackSet> set = CollectStacks(drawn, nullptr, wrappers, options.sample_type);
  if (!set) return set.error();
  if (base != nullptr) {
    const support::Result<std::size_t> old_type = profile::FindSampleType(*base, set->value_type.type);
    const support::Result<std::size_t> new_type = profile::FindSampleType(profile, set->value_type.type);
    if (!old_type) return old_type.error();
    if (!new_type) return new_type.error();
    set->is_diff = set->has_base = true;
    set->total = {profile::Total(*base, *old_type), profile::Total(profile, *new_type)};
  }
  const TrimmedGraph trimmed =
      TrimGraph(drawn, *set, {options.max_nodes, options.node_fraction, options.edge_fraction});

  Caption caption = MakeCaption(profile, base, *set, options.title, options.kept);
  if (!options.verdicts.empty()) caption.facts.push_back(CleanText(options.verdicts));
  std::vector<std::string> legend = LegendLines(caption, *set, trimmed);
  for (std::string& line : legend) line = FitColumns(line, kLegendColumns);
  return WriteDot(trimmed, *set, caption.title, legend);
}

}  // namespace mqtrack::reports
