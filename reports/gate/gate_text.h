// For a person at a terminal or in a CI log.
#pragma once

#include <string>

#include "libtrack/analysis/gate/gate.h"
#include "reports/gate/gate_report_options.h"

namespace mqtrack::reports {

[[nodiscard]] std::string GateText(const analysis::GateResult& result, const GateReportOptions& options);

}  // namespace mqtrack::reports
