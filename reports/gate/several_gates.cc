#include "reports/gate/several_gates.h"

#include <algorithm>

#include "libtrack/support/units.h"
#include "reports/gate/gate_words.h"

namespace mqtrack::reports {
namespace {

using analysis::Verdict;

std::int64_t CountOf(const std::vector<JudgedProfile>& judged, Verdict verdict) {
  return std::count_if(judged.begin(), judged.end(),
                       [verdict](const JudgedProfile& one) { return one.result.verdict == verdict; });
}

}  // namespace

Verdict WorstVerdict(const std::vector<JudgedProfile>& judged) {
  if (CountOf(judged, Verdict::kCannotMeasure) != 0) return Verdict::kCannotMeasure;
  return CountOf(judged, Verdict::kFail) != 0 ? Verdict::kFail : Verdict::kPass;
}

std::string SeveralVerdictSentence(const std::vector<JudgedProfile>& judged) {
  const std::int64_t failed = CountOf(judged, Verdict::kFail), unknown = CountOf(judged, Verdict::kCannotMeasure);
  const std::string all = support::FormatCount(static_cast<std::int64_t>(judged.size()));
  const std::string of_all = support::FormatCount(failed) + " of " + all + " processes ";
  if (judged.size() == 1) return GateVerdictSentence(judged.front().result);
  if (failed == 0 && unknown == 0) return "all " + all + " processes are within their limits";
  std::string text = failed == 0 ? "" : of_all + (failed == 1 ? "exceeds its limits" : "exceed their limits");
  if (unknown == 0) return text;
  if (failed == 0) return support::FormatCount(unknown) + " of " + all + " processes cannot be measured";
  return text + "; " + support::FormatCount(unknown) + " cannot be measured";
}

std::vector<std::string> DistinctWarnings(const std::vector<JudgedProfile>& judged) {
  std::vector<std::string> warnings;
  for (const JudgedProfile& one : judged) {
    for (const std::string& warning : one.result.warnings) {
      if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) warnings.push_back(warning);
    }
  }
  return warnings;
}

}  // namespace mqtrack::reports
