#include "reports/text/text_table.h"

#include <algorithm>
#include <string>
#include <vector>

#include "libtrack/analysis/printable.h"
#include "libtrack/profile/difference.h"
#include "libtrack/support/units.h"
#include "libtrack/verdicts/verdict.h"
#include "reports/text/memory_line.h"
#include "reports/text/next_step.h"
#include "reports/text/other_growth_lines.h"
#include "reports/text/site_rows.h"
#include "reports/text/stack_lines.h"
#include "reports/words/columns.h"
#include "reports/words/filter_words.h"
#include "reports/words/state_words.h"
#include "reports/words/sys_words.h"
#include "reports/words/unjoined_words.h"
#include "reports/words/verdict_words.h"
#include "reports/words/wording.h"
#include "reports/words/work_words.h"
#include "reports/words/wrapped.h"

namespace mqtrack::reports {
namespace {

using analysis::Site;
using analysis::SiteTable;
using Cell = Columns::Cell;
using Kind = Columns::Kind;

constexpr std::size_t kIndent = 2;

std::string Grouping(const SiteTable& table) {
  switch (table.granularity) {
    case analysis::Granularity::kFunction:
      return "by function";
    case analysis::Granularity::kLine:
      return "by line";
    case analysis::Granularity::kStack:
      return "by stack";
    case analysis::Granularity::kLeaf:
      return "by innermost function";
    case analysis::Granularity::kLabel:
      return "by label " + analysis::Printable(table.label);
  }
  return {};
}

/// "from" and "to" lines: which input, taken when, holding how much. Below, what of it the table is about.
std::string Inputs(const SiteTable& table, const TableOptions& options) {
  Columns lines({Kind::kText, Kind::kPath, Kind::kText, Kind::kText});
  const auto amount = [&](std::int64_t value, std::int64_t objects) {
    if (table.holds_changes) return support::FormatSignedValue(value, table.value_type.unit);
    return Amount(value, table.value_type.unit, table.has_objects, objects);
  };
  const bool narrow = IsNarrow(options.width_columns);
  const auto add = [&](const char* word, const std::string& name, const analysis::Side& side, const std::string& held) {
    const std::string time = support::FormatUtc(side.time_nanos);
    lines.AddRow({{word, Style::kDim}, {analysis::Printable(name)}, {narrow ? "" : time}, {narrow ? "" : held}});
    if (narrow) lines.AddBelow("        " + time + (time.empty() ? "" : "\n        ") + held + "\n");
  };
  if (table.is_diff) add("from", options.base_name, table.base, amount(table.base_total, table.base_objects_total));
  add(table.is_diff ? "to  " : "of  ", options.new_name, table.newer, amount(table.total, table.objects_total));
  // Texts stand below each other, as those of the inputs do.
  const auto line = [&](std::string_view what, const std::string& text) {
    return std::string(kIndent, ' ') + Styled(what, Style::kDim, options.colour) +
           std::string(what.size() < 6 ? 6 - what.size() : 1, ' ') + text + "\n";
  };
  std::string text = lines.Render(kIndent, options.width_columns, options.colour);
  text += line("type", analysis::Printable(table.value_type.type) + ", " + Grouping(table));
  if (const std::string memory = table.is_diff ? MemorySentence(table.base.memory, table.newer.memory) : "";
      !memory.empty())
    text += line("rss", memory);
  if (table.forecast) text += line("then", ForecastSentence(*table.forecast));
  if (const std::string work = WorkSentence(table); !work.empty()) text += line("work", work);
  if (const std::string state = StateSentence(table); !state.empty()) text += line("state", analysis::Printable(state));
  if (const std::string sys = SysWords(table.newer.sys, table.base.sys); !sys.empty()) text += line("$SYS", sys);
  if (const std::string judged = VerdictCounts(table); !judged.empty()) text += line("means", judged);
  return options.filter.empty() ? text : text + line("only", FilterSentence(options.filter));
}

std::vector<Cell> Header(const SiteTable& table, bool narrow) {
  std::vector<Cell> cells;
  const std::string value = table.value_type.unit == "bytes"         ? "BYTES"
                            : table.value_type.unit == "nanoseconds" ? "TIME"
                                                                     : "COUNT";
  cells.push_back({table.is_diff ? "GROWTH" : table.holds_changes ? "CHANGE" : value, Style::kBold});
  cells.push_back({"SHARE", Style::kBold});
  cells.push_back({table.has_objects ? "OBJECTS" : "", Style::kBold});
  cells.push_back({table.is_diff && !narrow ? "NOW" : "", Style::kBold});
  cells.push_back({HasVerdicts(table) && !narrow ? "VERDICT" : "", Style::kBold});
  cells.push_back({table.granularity == analysis::Granularity::kLabel ? "LABEL" : "", Style::kBold});
  cells.push_back({"FUNCTION", Style::kBold});
  cells.push_back({narrow ? "" : "WHERE", Style::kBold});
  return cells;
}

Cell VerdictCell(const Site& site, bool narrow) {
  if (!site.verdict || narrow) return {""};
  const bool is_leak = site.verdict->name == verdicts::VerdictName(verdicts::Verdict::kLeak) ||
                       site.verdict->name == verdicts::VerdictName(verdicts::Verdict::kLost);
  return {site.verdict->name, is_leak ? Style::kBad : Style::kPlain};
}

/// On a narrow terminal a row has no place: that is in the line below.
std::vector<Cell> RowCells(const SiteTable& table, const Site& site, std::int64_t whole, bool narrow) {
  const std::string& unit = table.value_type.unit;
  const std::int64_t objects = table.is_diff ? site.object_growth() : site.objects;
  const bool changes = table.is_diff || table.holds_changes;
  const std::string count = changes ? support::FormatSignedCount(objects) : support::FormatCount(objects);
  const std::int64_t value = table.is_diff ? site.growth() : site.value;
  const bool by_label = table.granularity == analysis::Granularity::kLabel;
  return {{changes ? support::FormatSignedValue(value, unit) : support::FormatValue(value, unit),
           !changes ? Style::kPlain : (value < 0 ? Style::kShrank : Style::kGrew)},
          {support::FormatPercent(table.holds_changes ? profile::Magnitude(value) : value, whole)},
          {table.has_objects ? count : ""},
          {table.is_diff && !narrow ? support::FormatValue(site.value, unit) : ""},
          VerdictCell(site, narrow),
          {by_label ? site.label : ""},
          {site.function, Style::kBold},
          {narrow ? "" : Where(site.file, site.line, site.module, site.caller)}};
}

/// What is said of a row beyond its cells.
std::string Below(const SiteTable& table, const Site& site, const TableOptions& options) {
  constexpr int kPlaceIndent = 6;
  std::string place;
  if (IsNarrow(options.width_columns)) {
    place = Where(site.file, site.line, site.module, site.caller);
    const int room = std::max(16, options.width_columns - kPlaceIndent);
    if (!place.empty()) place = std::string(kPlaceIndent, ' ') + CutStart(place, static_cast<std::size_t>(room)) + "\n";
  }
  std::string text = UnjoinedWords(site.unjoined, table.is_diff);
  if (!text.empty()) text = std::string(kIndent + 4, ' ') + text + "\n";
  if (const std::string work = PerPacketWords(table, site); !work.empty())
    text += std::string(kIndent + 4, ' ') + work + "\n";
  const std::string verdict = IsNarrow(options.width_columns) ? VerdictClause(site) : VerdictEvidence(site);
  if (!verdict.empty()) text += Wrapped(verdict, kIndent + 4, options.width_columns);
  text = place + text;
  return options.stacks ? text + StackLines(table, site, options, kIndent + 4) : text;
}

}  // namespace

std::string RenderText(const SiteTable& table, const TableOptions& options) {
  const SiteRows rows = SelectRows(table, options.rows);
  std::string text = Styled(VerdictSentence(table, rows, options), Style::kBold, options.colour) + "\n";
  if (const std::string culprit = CulpritSentence(table, rows, options); !culprit.empty()) text += culprit + "\n";
  text += "\n";
  text += Inputs(table, options);
  if (!rows.shown.empty()) {
    Columns columns({Kind::kNumber, Kind::kNumber, Kind::kNumber, Kind::kNumber, Kind::kText, Kind::kName, Kind::kName,
                     Kind::kPath});
    const bool narrow = IsNarrow(options.width_columns);
    columns.AddRow(Header(table, narrow));
    for (const Site* site : rows.shown) {
      columns.AddRow(RowCells(table, *site, WholeOfRows(table, rows), narrow));
      columns.AddBelow(Below(table, *site, options));
    }
    text += "\n" + columns.Render(kIndent, options.width_columns, options.colour);
  }
  while (text.ends_with("\n\n")) text.pop_back();  // a stack ends with an empty line of its own
  text += OtherGrowthText(table, options);
  std::string notes;
  for (const std::string& sentence : RestSentences(table, rows)) notes += sentence + "\n";
  if (const std::string next = VerdictNext(table); !next.empty()) notes += next + "\n";
  if (!rows.shown.empty()) notes += NextStep(table, options);
  return text + (notes.empty() ? "" : "\n" + notes);
}

}  // namespace mqtrack::reports
