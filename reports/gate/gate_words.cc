#include "reports/gate/gate_words.h"

#include <algorithm>

#include "libtrack/analysis/printable.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/support/units.h"
#include "reports/words/fit_names.h"
#include "reports/words/passed_over_words.h"
#include "reports/words/unjoined_words.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {

using analysis::GateCheck;
using analysis::GateExclusion;
using analysis::GateResult;
using analysis::GateSite;
using analysis::Verdict;

namespace {

/// Exact: a reader compares it with the number of messages sent times their size.
std::string ExactValue(std::int64_t value, const std::string& unit) {
  return unit == "bytes" ? Plural(value, "byte") : support::FormatValue(value, unit);
}

std::string PerWords(const GateCheck& check) { return check.unit.is_set() ? " per " + check.unit.name : ""; }

std::string RateWords(const GateCheck& check, std::int64_t growth) {
  return check.unit.is_set()
             ? ", " + support::FormatValue(check.unit.Rate(growth), check.value_type.unit) + PerWords(check)
             : "";
}

}  // namespace

std::string VerdictWord(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "PASS";
    case Verdict::kFail:
      return "FAIL";
    case Verdict::kCannotMeasure:
      return "CANNOT MEASURE";
  }
  return {};
}

std::string GateVerdictSentence(const GateResult& result) {
  const std::string process = ProcessName(result.newer);
  const auto checks = static_cast<std::int64_t>(result.checks.size());
  const auto failed = static_cast<std::int64_t>(
      std::count_if(result.checks.begin(), result.checks.end(), [](const GateCheck& check) { return !check.passed; }));
  switch (result.verdict) {
    case Verdict::kPass:
      return process + " is within its " + (checks == 1 ? "limit" : std::to_string(checks) + " limits");
    case Verdict::kFail:
      if (checks == 1) return process + " exceeds its limit";
      return process + " exceeds " + std::to_string(failed) + " of its " + std::to_string(checks) + " limits";
    case Verdict::kCannotMeasure:
      return process + " cannot be measured, so the gate does not pass";
  }
  return process;
}

std::string CheckName(const GateCheck& check) {
  const std::string type = analysis::Printable(check.value_type.type);
  switch (check.kind) {
    case GateCheck::Kind::kGrowth:
      return "growth of " + type;
    case GateCheck::Kind::kSiteGrowth:
      return "growth of " + type + " per site";
    case GateCheck::Kind::kTotal:
      return "total of " + type;
    case GateCheck::Kind::kLost:
      return "lost " + type;
    case GateCheck::Kind::kVerdict:
      return "verdicts on " + type;
  }
  return type;
}

std::string FormatLimit(const analysis::Limit& limit, const std::string& unit) {
  return limit.text.empty() ? "" : support::FormatValue(limit.value, unit);
}

std::string LimitWords(const GateCheck& check) {
  if (check.kind == GateCheck::Kind::kVerdict) return "none of " + check.verdicts;
  const std::string limit = FormatLimit(check.limit, check.value_type.unit);
  return limit.empty() ? "limits of named sites only" : "limit " + limit + PerWords(check);
}

std::string Measured(const GateCheck& check) {
  const std::string& unit = check.value_type.unit;
  if (check.kind == GateCheck::Kind::kVerdict)
    return check.sites.empty() ? "no site" : Plural(static_cast<std::int64_t>(check.sites.size()), "site");
  if (!check.is_growth()) return Amount(check.value, unit, check.has_objects, check.objects);
  if (check.kind == GateCheck::Kind::kSiteGrowth) {
    return check.sites.empty() ? "no site beyond"
                               : Plural(static_cast<std::int64_t>(check.sites.size()), "site") + " beyond";
  }
  std::string text = support::FormatSignedValue(check.judged_growth(), unit);
  if (check.has_objects) {
    const std::int64_t objects = check.object_growth();
    text += " (" + support::FormatSignedCount(objects) + (objects == 1 || objects == -1 ? " object)" : " objects)");
  }
  return text + RateWords(check, check.judged_growth());
}

bool SitesAreViolations(const GateCheck& check) {
  return check.kind == GateCheck::Kind::kSiteGrowth || check.kind == GateCheck::Kind::kVerdict;
}

std::string SiteSentence(const GateCheck& check, const GateSite& site) {
  const bool is_judged = check.kind == GateCheck::Kind::kVerdict, total = !check.is_growth() && !is_judged;
  const std::string& unit = check.value_type.unit;
  std::string text = ShortName(site.function);
  if (const std::string where = Where(site.file, site.line, site.module, site.caller); !where.empty())
    text += " (" + where + ")";
  text += check.kind == GateCheck::Kind::kLost ? " lost " : total ? " holds " : " grew by ";
  text += ExactValue(total ? site.value : site.growth(), unit);
  const std::int64_t objects = total ? site.objects : site.object_growth();
  if (check.has_objects) text += " in " + Plural(objects, "object");
  if (unit == "count")
    text += " " + analysis::Printable(TypeInWords(check.value_type.type, total ? site.value : site.growth()));
  if (unit != "bytes" && unit != "count") text += " of " + analysis::Printable(check.value_type.type);
  if (!total) text += RateWords(check, site.judged_growth());
  if (is_judged) return text + ": " + analysis::Printable(site.verdict);
  if (SitesAreViolations(check)) text += ", limit " + FormatLimit(site.limit, unit) + PerWords(check);
  if (const std::string words = UnjoinedWords(site.unjoined, !total); !words.empty()) text += "; " + words;
  if (!site.reason.empty()) text += " (" + analysis::Printable(site.reason) + ")";
  return text;
}

std::string ShownFrames::LeftOutWords() const {
  return "(" + support::FormatCount(static_cast<std::int64_t>(left_out)) + " frames left out)";
}

std::vector<ShownFrames> FramesToShow(const GateSite& site) {
  // The leaf's end says where, the root's why; between them recursion repeats itself.
  constexpr std::size_t kAtLeaf = 40, kAtRoot = 24;
  const std::size_t all = site.stack.size();
  const bool is_deep = all > kAtLeaf + kAtRoot + 1;
  std::vector<ShownFrames> shown;
  for (std::size_t i = 0; i < all; ++i) {
    if (is_deep && i == kAtLeaf) {
      shown.push_back({nullptr, all - kAtLeaf - kAtRoot});
      i = all - kAtRoot;
    }
    shown.push_back({&site.stack[i], 0});
  }
  return shown;
}

std::vector<std::string> StackWords(const GateSite& site) {
  std::vector<std::string> lines;
  for (const ShownFrames& shown : FramesToShow(site)) {
    if (shown.frame == nullptr) {
      lines.push_back(shown.LeftOutWords());
      continue;
    }
    const analysis::GateFrame& frame = *shown.frame;
    std::string line = ShortName(frame.function);
    if (const std::string where = Where(frame.file, frame.line, frame.module); !where.empty()) line += "  " + where;
    if (frame.inlined) line += "  (inlined)";
    lines.push_back(std::move(line));
  }
  return lines;
}

namespace {

std::string ExclusionSentence(const GateExclusion& exclusion, const std::string& suppressions_file) {
  const std::string name = analysis::Printable(exclusion.pattern);
  const auto count = static_cast<std::int64_t>(exclusion.count);
  switch (exclusion.kind) {
    case GateExclusion::Kind::kSuppression:
      if (count != 0) return "suppressed: " + name + " took out " + Plural(count, "stack");
      return "unused suppression: " + name + " (" + analysis::Printable(suppressions_file) + ":" +
             std::to_string(exclusion.line) + ")";
    case GateExclusion::Kind::kIgnore:
      return count == 0 ? "unused ignore pattern: " + name : "ignored: " + name + " took out " + Plural(count, "site");
    case GateExclusion::Kind::kKept:
      return "not in totals: " + Plural(exclusion.bytes, "byte") + " in " + Plural(count, "object") +
             " that the C or C++ library keeps until exit (" + analysis::Printable(exclusion.why) + ": " + name + ")";
  }
  return {};
}

}  // namespace

std::vector<std::string> ExclusionSentences(const GateResult& result) {
  std::vector<std::string> sentences;
  std::size_t suppressions = 0, used = 0;
  for (const GateExclusion& exclusion : result.exclusions) {
    if (exclusion.kind != GateExclusion::Kind::kSuppression) continue;
    ++suppressions;
    used += exclusion.count > 0 ? 1 : 0;
  }
  if (suppressions > 0) {
    sentences.push_back("suppressions: " + std::to_string(used) + " of " + std::to_string(suppressions) + " used");
  }
  for (const GateExclusion& exclusion : result.exclusions)
    sentences.push_back(ExclusionSentence(exclusion, result.suppressions_file));
  if (std::string passed_over = PassedOverSentence(result.passed_over); !passed_over.empty()) {
    sentences.push_back(std::move(passed_over));
  }
  return sentences;
}

}  // namespace mqtrack::reports
