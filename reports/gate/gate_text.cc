#include "reports/gate/gate_text.h"

#include <algorithm>
#include <set>

#include "libtrack/analysis/printable.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/units.h"
#include "reports/gate/gate_words.h"
#include "reports/words/columns.h"
#include "reports/words/filter_words.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

using analysis::GateCheck;
using analysis::GateResult;
using analysis::GateSite;
using analysis::Verdict;
using Kind = Columns::Kind;

constexpr std::size_t kSitesShown = 10;

std::string Inputs(const GateResult& result, const GateReportOptions& options) {
  Columns lines({Kind::kText, Kind::kPath, Kind::kText, Kind::kText});
  const std::int64_t seconds = ElapsedSeconds(result.base, result.newer);
  if (result.has_base) {
    lines.AddRow({{"from", Style::kDim},
                  {analysis::Printable(options.base_name)},
                  {support::FormatUtc(result.base.time_nanos)}});
  }
  lines.AddRow({{result.has_base ? "to" : "of", Style::kDim},
                {analysis::Printable(options.new_name)},
                {support::FormatUtc(result.newer.time_nanos)},
                {seconds > 0 && !IsNarrow(options.width_columns) ? support::FormatDuration(seconds) + " later" : ""}});
  std::string text = lines.Render(2, options.width_columns, options.colour);
  if (result.snapshots == 0) return text;
  return text + "  " + Styled("over", Style::kDim, options.colour) + "  " + Plural(result.snapshots, "snapshot") +
         "; judged is what grew all the time\n";
}

std::string Checks(const GateResult& result, const GateReportOptions& options) {
  Columns lines({Kind::kText, Kind::kText, Kind::kText, Kind::kText});
  for (const GateCheck& check : result.checks) {
    const bool narrow = IsNarrow(options.width_columns);
    lines.AddRow({{check.passed ? "ok" : "FAIL", check.passed ? Style::kGood : Style::kBad},
                  {CheckName(check)},
                  {narrow ? "" : Measured(check), check.passed ? Style::kPlain : Style::kBold},
                  {narrow ? "" : LimitWords(check), Style::kDim}});
    if (narrow) lines.AddBelow("        " + Measured(check) + "\n        " + LimitWords(check) + "\n");
  }
  return lines.Render(2, 0, options.colour);
}

/// The sites of one exceeded limit, each with exact numbers; the first with its stack, unless another limit showed it.
std::string Sites(const GateCheck& check, std::set<std::string>& stacks_shown, const GateReportOptions& options) {
  std::string text = "\n" + CheckName(check) +
                     (check.kind == GateCheck::Kind::kVerdict ? ":\n"
                      : SitesAreViolations(check)             ? ", sites beyond their limit:\n"
                                                              : ", most of it:\n");
  const std::size_t shown = std::min(check.sites.size(), kSitesShown);
  for (std::size_t i = 0; i < shown; ++i) {
    text += "  " + Styled(SiteSentence(check, check.sites[i]), i == 0 ? Style::kBold : Style::kPlain, options.colour) +
            "\n";
    if (i > 0 || !options.stacks || !stacks_shown.insert(check.sites[i].function).second) continue;
    Columns stack({Kind::kName, Kind::kPath, Kind::kText});
    for (const ShownFrames& shown_frame : FramesToShow(check.sites[i])) {
      if (shown_frame.frame == nullptr) {
        stack.AddRow({{shown_frame.LeftOutWords(), Style::kDim}, {""}, {""}});
        continue;
      }
      const analysis::GateFrame& frame = *shown_frame.frame;
      const Style style = frame.wrapper ? Style::kDim : Style::kPlain;
      stack.AddRow({{frame.function, style},
                    {Where(frame.file, frame.line, frame.module), style},
                    {frame.inlined ? "(inlined)" : "", Style::kDim}});
    }
    text += stack.Render(6, options.width_columns, options.colour);
  }
  if (shown < check.sites.size()) {
    text += "  and " + Plural(static_cast<std::int64_t>(check.sites.size() - shown), "more site") + "\n";
  }
  return text;
}

std::string Hint(const GateResult& result, const GateReportOptions& options) {
  if (result.verdict != Verdict::kFail || options.new_name.empty()) return {};
  const std::string base = result.has_base && !options.base_name.empty() && !options.base_name.ends_with(".json")
                               ? " --base " + ShellWord(options.base_name)
                               : "";
  const auto failed =
      std::find_if(result.checks.begin(), result.checks.end(), [](const auto& check) { return !check.passed; });
  const bool usual = failed == result.checks.end() || failed->value_type.type == profile::kInuseSpace;
  return "\nNext:  mqtrack report " + ShellWord(options.new_name) + base +
         (usual ? "" : " " + OptionWords("--by", failed->value_type.type)) + options.loading +
         " --format flame -o leak.svg\n";
}

}  // namespace

std::string GateText(const GateResult& result, const GateReportOptions& options) {
  const Style style = result.verdict == Verdict::kPass ? Style::kGood : Style::kBad;
  std::string text =
      Styled(VerdictWord(result.verdict), style, options.colour) + ": " + GateVerdictSentence(result) + "\n\n";
  for (const std::string& reason : result.reasons) text += "  " + analysis::Printable(reason) + "\n";
  if (!result.reasons.empty()) text += "\n";
  text += Inputs(result, options) + (result.checks.empty() ? "" : "\n");
  text += Checks(result, options);
  if (result.forecast) text += "\n  " + ForecastSentence(*result.forecast) + "\n";
  std::set<std::string> stacks_shown;
  for (const GateCheck& check : result.checks) {
    if (!check.passed && !check.sites.empty()) text += Sites(check, stacks_shown, options);
  }
  const std::vector<std::string> exclusions = ExclusionSentences(result);
  if (!exclusions.empty() || !result.warnings.empty()) text += "\n";
  for (const std::string& warning : result.warnings) text += "warning: " + analysis::Printable(warning) + "\n";
  for (const std::string& sentence : exclusions) text += sentence + "\n";
  return text + Hint(result, options);
}

/// Those that did not pass in full, the others in a line each, and the warnings of these once.
std::string SeveralText(const std::vector<JudgedProfile>& judged) {
  const bool colour = judged.front().options.colour;
  const Verdict worst = WorstVerdict(judged);
  std::string text = Styled(VerdictWord(worst), worst == Verdict::kPass ? Style::kGood : Style::kBad, colour) + ": " +
                     SeveralVerdictSentence(judged) + "\n\n";
  Columns lines({Kind::kText, Kind::kText, Kind::kText, Kind::kPath});
  std::vector<JudgedProfile> passed;
  for (const JudgedProfile& one : judged) {
    const GateResult& result = one.result;
    std::string measured;
    for (const GateCheck& check : result.checks)
      measured += (measured.empty() ? "" : ", ") + CheckName(check) + " " + Measured(check);
    const bool is_good = result.verdict == Verdict::kPass;
    lines.AddRow({{is_good ? "ok" : VerdictWord(result.verdict), is_good ? Style::kGood : Style::kBad},
                  {ProcessName(result.newer)},
                  {measured},
                  {analysis::Printable(one.options.new_name), Style::kDim}});
    if (is_good) passed.push_back(one);
  }
  text += lines.Render(2, 0, colour);
  for (const JudgedProfile& one : judged) {
    if (one.result.verdict != Verdict::kPass) text += "\n" + GateText(one.result, one.options);
  }
  std::string notes;
  for (const std::string& warning : DistinctWarnings(passed))
    notes += "warning: " + analysis::Printable(warning) + "\n";
  return text + (notes.empty() ? "" : "\n" + notes);
}

}  // namespace mqtrack::reports
