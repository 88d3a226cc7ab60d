#include "reports/gate/gate_markdown.h"

#include <algorithm>

#include "libtrack/support/units.h"
#include "reports/gate/gate_words.h"
#include "reports/words/fit_names.h"
#include "reports/words/markdown.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

using analysis::GateCheck;
using analysis::GateResult;
using analysis::GateSite;

constexpr std::size_t kSitesShown = 10;

std::string SiteRow(const GateCheck& check, const GateSite& site) {
  const std::string& unit = check.value_type.unit;
  const bool is_judged = check.kind == GateCheck::Kind::kVerdict, total = !check.is_growth() && !is_judged;
  const std::string value =
      total ? support::FormatValue(site.value, unit) : support::FormatSignedValue(site.growth(), unit);
  const std::int64_t objects = total ? site.objects : site.object_growth();
  return "| " + value + " | " +
         (!check.has_objects ? ""
          : total            ? support::FormatCount(objects)
                             : support::FormatSignedCount(objects)) +
         " | " +
         (is_judged                   ? MarkdownText(site.verdict)
          : SitesAreViolations(check) ? FormatLimit(site.limit, unit)
                                      : "") +
         " | " + MarkdownCode(ShortName(site.function)) + " | " +
         MarkdownCode(Where(site.file, site.line, site.module, site.caller)) + " |\n";
}

std::string Sites(const GateCheck& check, const GateReportOptions& options) {
  const bool is_judged = check.kind == GateCheck::Kind::kVerdict;
  std::string text = "\n#### " + MarkdownText(CheckName(check)) +
                     (is_judged                   ? ""
                      : SitesAreViolations(check) ? ": sites beyond their limit"
                                                  : ": most of it") +
                     "\n\n| " + (check.is_growth() || is_judged ? "Growth" : "Value") + " | Objects | " +
                     (is_judged ? "Verdict" : "Limit") + " | Function | Where |\n|---:|---:|---:|:---|:---|\n";
  const std::size_t shown = std::min(check.sites.size(), kSitesShown);
  for (std::size_t i = 0; i < shown; ++i) text += SiteRow(check, check.sites[i]);
  if (shown < check.sites.size()) {
    text += "\nAnd " + Plural(static_cast<std::int64_t>(check.sites.size() - shown), "more site") + ".\n";
  }
  if (!options.stacks || check.sites.front().stack.empty()) return text;
  text += "\n<details><summary>Heaviest stack of the first</summary>\n\n";
  for (const ShownFrames& shown_frame : FramesToShow(check.sites.front())) {
    if (shown_frame.frame == nullptr) {
      text += "1. " + shown_frame.LeftOutWords() + "\n";
      continue;
    }
    const analysis::GateFrame& frame = *shown_frame.frame;
    text += "1. " + MarkdownCode(ShortName(frame.function)) + " " +
            MarkdownCode(Where(frame.file, frame.line, frame.module)) + "\n";
  }
  return text + "\n</details>\n";
}

const char* Mark(analysis::Verdict verdict) {
  switch (verdict) {
    case analysis::Verdict::kPass:
      return ":white_check_mark:";
    case analysis::Verdict::kFail:
      return ":x:";
    case analysis::Verdict::kCannotMeasure:
      return ":warning:";
  }
  return "";
}

}  // namespace

std::string GateMarkdown(const GateResult& result, const GateReportOptions& options) {
  std::string text = std::string("### ") + Mark(result.verdict) +
                     " mqtrack gate: " + MarkdownText(GateVerdictSentence(result)) + "\n\n";
  for (const std::string& reason : result.reasons) text += "- " + MarkdownText(reason) + "\n";
  if (!result.reasons.empty()) text += "\n";
  if (!result.checks.empty()) {
    text += "| | Limit on | Measured | Limit |\n|:---|:---|---:|---:|\n";
    for (const GateCheck& check : result.checks) {
      text += std::string("| ") + (check.passed ? "ok" : "**FAIL**") + " | " + MarkdownText(CheckName(check)) + " | " +
              Measured(check) + " | " + FormatLimit(check.limit, check.value_type.unit) + " |\n";
    }
  }
  for (const GateCheck& check : result.checks) {
    if (!check.passed && !check.sites.empty()) text += Sites(check, options);
  }
  std::string notes;
  for (const std::string& warning : result.warnings) notes += "- warning: " + MarkdownText(warning) + "\n";
  for (const std::string& sentence : ExclusionSentences(result)) notes += "- " + MarkdownText(sentence) + "\n";
  return text + (notes.empty() ? "" : "\n" + notes);
}

std::string SeveralMarkdown(const std::vector<JudgedProfile>& judged) {
  std::string text = std::string("## ") + Mark(WorstVerdict(judged)) +
                     " mqtrack gate: " + MarkdownText(SeveralVerdictSentence(judged)) + "\n";
  for (const JudgedProfile& one : judged) text += "\n" + GateMarkdown(one.result, one.options);
  return text;
}

}  // namespace mqtrack::reports
