#include "reports/text/markdown_table.h"

#include <string>

#include "libtrack/analysis/culprit/frame_name.h"
#include "libtrack/profile/difference.h"
#include "libtrack/support/units.h"
#include "reports/text/folded_frames.h"
#include "reports/text/memory_line.h"
#include "reports/text/other_growth_lines.h"
#include "reports/text/site_rows.h"
#include "reports/words/filter_words.h"
#include "reports/words/fit_names.h"
#include "reports/words/markdown.h"
#include "reports/words/state_words.h"
#include "reports/words/sys_words.h"
#include "reports/words/unjoined_words.h"
#include "reports/words/verdict_words.h"
#include "reports/words/wording.h"
#include "reports/words/work_words.h"

namespace mqtrack::reports {
namespace {

using analysis::Site;
using analysis::SiteTable;

std::string HeaderRow(const SiteTable& table) {
  std::string names = std::string(table.is_diff         ? "| Growth"
                                  : table.holds_changes ? "| Change"
                                                        : "| Value") +
                      " | Share |",
              rule = "|---:|---:|";
  if (table.has_objects) names += " Objects |", rule += "---:|";
  if (table.is_diff) names += " Now |", rule += "---:|";
  if (HasVerdicts(table)) names += " Verdict |", rule += ":---|";
  if (table.granularity == analysis::Granularity::kLabel) names += " Label |", rule += ":---|";
  return names + " Function | Where |\n" + rule + ":---|:---|\n";
}

std::string Row(const SiteTable& table, const Site& site, const std::string& name, std::int64_t whole) {
  const std::string& unit = table.value_type.unit;
  const std::int64_t value = table.is_diff ? site.growth() : site.value;
  const bool changes = table.is_diff || table.holds_changes;
  std::string row = "| " + (changes ? support::FormatSignedValue(value, unit) : support::FormatValue(value, unit));
  row += " | " + support::FormatPercent(table.holds_changes ? profile::Magnitude(value) : value, whole) + " |";
  if (table.has_objects) {
    row += " " +
           (table.is_diff ? support::FormatSignedCount(site.object_growth())
            : changes     ? support::FormatSignedCount(site.objects)
                          : support::FormatCount(site.objects)) +
           " |";
  }
  if (table.is_diff) row += " " + support::FormatValue(site.value, unit) + " |";
  if (HasVerdicts(table)) row += " " + (site.verdict ? site.verdict->name : "") + " |";
  if (table.granularity == analysis::Granularity::kLabel) row += " " + MarkdownCode(site.label) + " |";
  return row + " " + MarkdownCode(name) + " | " + MarkdownCode(Where(site.file, site.line, site.module, site.caller)) +
         " |\n";
}

/// Of the threads of a row: those that ended and were never joined.
std::string UnjoinedSentence(const SiteTable& table, const Site& site) {
  const std::string words = UnjoinedWords(site.unjoined, table.is_diff);
  return words.empty() ? "" : "Of " + MarkdownCode(ShortName(site.function)) + ": " + MarkdownText(words) + ".\n";
}

/// The heaviest stack of the first row, folded away until somebody asks for it.
std::string FirstStack(const SiteTable& table, const SiteRows& rows, bool all_frames) {
  if (rows.shown.empty() || rows.shown.front()->stack.empty()) return {};
  std::string text = "\n<details><summary>Heaviest stack of the first row</summary>\n\n";
  const std::vector<analysis::Frame>& stack = rows.shown.front()->stack;
  const std::size_t culprit = table.granularity == analysis::Granularity::kLeaf ? 0 : analysis::CulpritIndex(stack);
  for (const auto [i, folded] : FoldFrames(table.profile, stack, culprit, all_frames)) {
    const std::string where =
        Where(analysis::FrameFile(stack[i]), stack[i].line, analysis::ModuleName(table.profile, stack[i].location));
    text += "1. " + MarkdownCode(ShortName(analysis::FrameName(table.profile, stack[i]))) +
            (where.empty() ? "" : " " + MarkdownCode(where)) +
            (folded == 0 ? ""
                         : ", and " + Plural(static_cast<std::int64_t>(folded), "more frame") + " of the C++ library") +
            "\n";
  }
  return text + "\n</details>\n";
}

}  // namespace

std::string RenderMarkdown(const SiteTable& table, const TableOptions& options) {
  const SiteRows rows = SelectRows(table, options.rows);
  std::string text = "**" + MarkdownText(VerdictSentence(table, rows, options)) + "**\n\n";
  if (!options.filter.empty()) text += "Only " + MarkdownText(FilterSentence(options.filter)) + ".\n\n";
  if (!rows.shown.empty()) {
    text += MarkdownText(CulpritSentence(table, rows, options)) + "\n\n" + HeaderRow(table);
    std::vector<std::string> names;
    for (const Site* site : rows.shown) names.push_back(site->function);
    names = FitNames(names, kWidestName);
    for (std::size_t i = 0; i < names.size(); ++i) {
      text += Row(table, *rows.shown[i], names[i], WholeOfRows(table, rows));
    }
    text += "\n";
    for (const Site* site : rows.shown) text += UnjoinedSentence(table, *site);
    for (const Site* site : rows.shown) {
      if (const std::string why = VerdictEvidence(*site); !why.empty())
        text += MarkdownCode(ShortName(site->function)) + ", " + site->verdict->name + ": " + MarkdownText(why) + ".\n";
    }
  }
  for (const std::string& sentence : RestSentences(table, rows)) text += MarkdownText(sentence) + "\n";
  if (const std::string next = VerdictNext(table); !next.empty()) text += MarkdownText(next) + "\n";
  if (const std::string judged = VerdictCounts(table); !judged.empty())
    text += "\nVerdicts: " + MarkdownText(judged) + ".\n";
  if (const std::string memory = table.is_diff ? MemorySentence(table.base.memory, table.newer.memory) : "";
      !memory.empty())
    text += "\nOf the whole process: " + MarkdownText(memory) + ".\n";
  if (const std::string work = WorkSentence(table); !work.empty())
    text += "\nMQTT packets: " + MarkdownText(work) + ".\n";
  if (const std::string state = StateSentence(table); !state.empty())
    text += "\nThe broker's state: " + MarkdownText(state) + ".\n";
  if (const std::string sys = SysWords(table.newer.sys, table.base.sys); !sys.empty())
    text += "\nThe broker's $SYS: " + MarkdownText(sys) + ".\n";
  text += OtherGrowthMarkdown(table, options);
  if (options.stacks) text += FirstStack(table, rows, options.all_frames);
  return text;
}

}  // namespace mqtrack::reports
