#include "reports/text/lost_text.h"

#include <algorithm>

#include "libtrack/analysis/printable.h"
#include "libtrack/support/units.h"
#include "reports/text/stack_lines.h"
#include "reports/words/columns.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

using analysis::LostSite;
using analysis::LostTable;
using Kind = Columns::Kind;

constexpr std::size_t kIndent = 2;

std::string Losses(std::int64_t losses, std::int64_t rings) {
  std::string text = support::FormatCount(losses) + (losses == 1 ? " loss" : " losses");
  if (rings == 0) return text;
  if (rings == losses) return text + (losses == 1 ? ", a ring" : ", all rings");
  return text + ", " + Plural(rings, "ring") + " among them";
}

std::string Verdict(const LostTable& lost, const LostOptions& options) {
  const std::string who = analysis::Printable(ProcessName(lost.table.newer)) + ": ";
  const std::string looks = options.looks.size() > 1
                                ? "in both of two looks " + support::FormatDuration(options.seconds_between) + " apart"
                                : "in one look";
  if (lost.losses == 0) return who + "nothing is lost (" + looks + ").";
  return who + "nothing points to " + support::FormatBytes(lost.table.total) + " in " +
         Plural(lost.table.objects_total, "block") + " (" + Losses(lost.losses, lost.rings) + "), " + looks + ".";
}

std::string Facts(const LostTable& lost, const LostOptions& options) {
  const auto line = [&](std::string_view what, const std::string& text) {
    return std::string(kIndent, ' ') + Styled(what, Style::kDim, options.table.colour) + "  " + text + "\n";
  };
  std::string text = line("of   ", analysis::Printable(options.table.new_name) + "  " +
                                       Amount(options.live_bytes, "bytes", true, options.live_objects) + " live");
  for (const LookFacts& look : options.looks) text += line(LookLabel(look), LookWords(look));
  for (const LostLimit& limit : options.limits) {
    text += line("limit",
                 limit.type + " " + analysis::Printable(limit.text) + ": " + (limit.passed() ? "kept" : "exceeded"));
  }
  if (lost.losses != 0 && options.looks.size() == 1)
    text += line("note ", "one look: a block whose pointer was under way at that moment would be among them");
  if (options.found_once != 0)
    text += line("note ", Plural(options.found_once, "block") + " found in one of the looks only, and not counted");
  if (!options.suppressions_file.empty())
    text += line("known", analysis::Printable(options.suppressions_file) + " left out " +
                              Plural(options.suppressed_stacks, "stack"));
  for (const std::string& note : options.notes) text += line("note ", note);
  return text;
}

std::string Rows(const LostTable& lost, const LostOptions& options) {
  Columns columns({Kind::kNumber, Kind::kNumber, Kind::kNumber, Kind::kName, Kind::kPath});
  columns.AddRow({{"LOST", Style::kBold},
                  {"BLOCKS", Style::kBold},
                  {"LOSSES", Style::kBold},
                  {"FUNCTION", Style::kBold},
                  {"WHERE", Style::kBold}});
  const std::size_t limit = options.table.rows == 0 ? lost.sites.size() : options.table.rows;
  const std::size_t shown = std::min(lost.sites.size(), limit);
  for (std::size_t i = 0; i < shown; ++i) {
    const LostSite& row = lost.sites[i];
    columns.AddRow({{support::FormatBytes(row.site.value), Style::kGrew},
                    {support::FormatCount(row.site.objects)},
                    {support::FormatCount(row.losses)},
                    {row.site.function, Style::kBold},
                    {Where(row.site.file, row.site.line, row.site.module, row.site.caller)}});
    std::string below;
    if (row.rings != 0) {
      below = std::string(kIndent + 4, ' ') + Plural(row.rings, "ring") + " of blocks that point to each other\n";
    }
    if (options.table.stacks) below += StackLines(lost.table, row.site, options.table, kIndent + 4);
    columns.AddBelow(below);
  }
  std::string text = columns.Render(kIndent, options.table.width_columns, options.table.colour);
  while (text.ends_with("\n\n")) text.pop_back();
  if (shown < lost.sites.size())
    text +=
        "\nand " + Plural(static_cast<std::int64_t>(lost.sites.size() - shown), "more site") + " (-n 0 shows all)\n";
  return text;
}

}  // namespace

std::string RenderLostText(const LostTable& lost, const LostOptions& options) {
  std::string text = Styled(Verdict(lost, options), Style::kBold, options.table.colour) + "\n\n" + Facts(lost, options);
  if (!lost.sites.empty()) text += "\n" + Rows(lost, options);
  return text;
}

}  // namespace mqtrack::reports
