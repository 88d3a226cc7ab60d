// A comment on a merge request.
#pragma once

#include <string>
#include <vector>

#include "libtrack/analysis/gate/gate.h"
#include "reports/gate/gate_report_options.h"
#include "reports/gate/several_gates.h"

namespace mqtrack::reports {

[[nodiscard]] std::string GateMarkdown(const analysis::GateResult& result, const GateReportOptions& options);
/// Of several profiles; at least one.
[[nodiscard]] std::string SeveralMarkdown(const std::vector<JudgedProfile>& judged);

}  // namespace mqtrack::reports
