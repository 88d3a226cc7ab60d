#include "reports/text/other_growth_lines.h"

#include "libtrack/analysis/printable.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/support/units.h"
#include "reports/words/columns.h"
#include "reports/words/fit_names.h"
#include "reports/words/markdown.h"
#include "reports/words/unjoined_words.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

using analysis::OtherGrowth;
using Kind = Columns::Kind;

constexpr std::size_t kIndent = 2;

std::string Growth(const OtherGrowth& other) {
  return support::FormatSignedValue(other.growth(), other.value_type.unit);
}

std::string MostWhere(const OtherGrowth& other) {
  const analysis::Site& most = other.most;
  return Where(most.file, most.line, most.module, most.caller);
}

/// What of it the site named is not to blame for.
std::string Share(const OtherGrowth& other) {
  if (other.most.growth() >= other.growth()) return {};
  return "and others";
}

}  // namespace

std::string OtherGrowthText(const analysis::SiteTable& table, const TableOptions& options) {
  if (table.also_grew.empty()) return {};
  Columns lines({Kind::kText, Kind::kNumber, Kind::kText, Kind::kName, Kind::kPath, Kind::kText});
  for (const OtherGrowth& other : table.also_grew) {
    lines.AddRow({{analysis::Printable(other.value_type.type)},
                  {Growth(other), Style::kGrew},
                  {other.most.verdict ? other.most.verdict->name : ""},
                  {other.most.function, Style::kBold},
                  {MostWhere(other)},
                  {Share(other), Style::kDim}});
    if (const std::string words = UnjoinedWords(other.most.unjoined, true); !words.empty()) {
      lines.AddBelow(std::string(kIndent + 4, ' ') + words + "\n");
    }
  }
  std::string text = "\n" + Styled("Also grew", Style::kBold, options.colour) +
                     (options.filter.empty() ? "" : ", of what matches") + " (look with --by TYPE):\n";
  return text + lines.Render(kIndent, options.width_columns, options.colour);
}

std::string OtherGrowthMarkdown(const analysis::SiteTable& table, const TableOptions& options) {
  if (table.also_grew.empty()) return {};
  std::string text = std::string("\nAlso grew") + (options.filter.empty() ? "" : ", of what matches");
  text += ":\n\n| Type | Growth | Most of it | Where |\n|:---|---:|:---|:---|\n";
  for (const OtherGrowth& other : table.also_grew) {
    text += "| " + MarkdownCode(other.value_type.type) + " | " + Growth(other) + " | " +
            MarkdownCode(ShortName(other.most.function)) + " | " + MarkdownCode(MostWhere(other)) + " |\n";
  }
  return text;
}

}  // namespace mqtrack::reports
