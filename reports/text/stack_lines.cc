#include "reports/text/stack_lines.h"

#include "libtrack/analysis/culprit/frame_name.h"
#include "libtrack/support/units.h"
#include "reports/text/folded_frames.h"
#include "reports/words/columns.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

using analysis::Site;
using analysis::SiteTable;
using Kind = Columns::Kind;

std::string FrameRemark(const analysis::Frame& frame, std::size_t folded) {
  if (frame.label) return "(label)";
  std::string remark = frame.inlined ? "inlined" : "";
  if (frame.layer_callers > 0) {
    remark += std::string(remark.empty() ? "" : ", ") + "passes on what " +
              support::FormatCount(static_cast<std::int64_t>(frame.layer_callers)) + " functions ask for";
  }
  if (folded > 0) {
    remark += (remark.empty() ? "and " : ", and ") + Plural(static_cast<std::int64_t>(folded), "more frame") +
              " of the C++ library";
  }
  return remark.empty() ? remark : "(" + remark + ")";
}

}  // namespace

std::string StackLines(const SiteTable& table, const Site& site, const TableOptions& options, std::size_t indent) {
  if (site.stack.empty()) return {};
  const std::size_t culprit =
      table.granularity == analysis::Granularity::kLeaf ? 0 : analysis::CulpritIndex(site.stack);
  Columns lines({Kind::kText, Kind::kName, Kind::kPath, Kind::kText});
  for (const auto [i, folded] : FoldFrames(table.profile, site.stack, culprit, options.all_frames)) {
    const analysis::Frame& frame = site.stack[i];
    const Style style = frame.wrapper ? Style::kDim : Style::kPlain;
    lines.AddRow(
        {{i == culprit ? ">" : " "},
         {analysis::FrameName(table.profile, frame), i == culprit ? Style::kBold : style},
         {Where(analysis::FrameFile(frame), frame.line, analysis::ModuleName(table.profile, frame.location)), style},
         {FrameRemark(frame, folded), Style::kDim}});
  }
  return lines.Render(indent, options.width_columns, options.colour) + "\n";
}

}  // namespace mqtrack::reports
