// A comment on a merge request.
#pragma once

#include <string>

#include "libtrack/analysis/gate/gate.h"
#include "reports/gate/gate_report_options.h"

namespace mqtrack::reports {

[[nodiscard]] std::string GateMarkdown(const analysis::GateResult& result, const GateReportOptions& options);

}  // namespace mqtrack::reports
