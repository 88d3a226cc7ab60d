// The gate over several profiles, such as those of all processes of a run: one report, whose verdict is the worst one.
#pragma once

#include <string>
#include <vector>

#include "libtrack/analysis/gate/gate.h"
#include "reports/gate/gate_report_options.h"

namespace mqtrack::reports {

/// One judged profile, with the options of its report (its name, above all).
struct JudgedProfile {
  analysis::GateResult result;
  GateReportOptions options;
};

/// The worst verdict: what could not be measured does not pass, whatever the others say. kPass of none.
[[nodiscard]] analysis::Verdict WorstVerdict(const std::vector<JudgedProfile>& judged);

/// "3 processes are within their limits", "1 of 3 processes exceeds its limits; 1 cannot be measured".
[[nodiscard]] std::string SeveralVerdictSentence(const std::vector<JudgedProfile>& judged);

/// All warnings, each once, in order.
[[nodiscard]] std::vector<std::string> DistinctWarnings(const std::vector<JudgedProfile>& judged);

}  // namespace mqtrack::reports
