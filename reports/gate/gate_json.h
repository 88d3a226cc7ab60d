// Schema "mqtrack-gate/1", documented in docs/json.md.
#pragma once

#include <string>

#include "libtrack/analysis/gate/gate.h"
#include "reports/gate/gate_report_options.h"

namespace mqtrack::reports {

[[nodiscard]] std::string GateJson(const analysis::GateResult& result, const GateReportOptions& options);

}  // namespace mqtrack::reports
