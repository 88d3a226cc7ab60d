// JUnit XML: one test case per limit.
#pragma once

#include <string>

#include "libtrack/analysis/gate/gate.h"
#include "reports/gate/gate_report_options.h"

namespace mqtrack::reports {

[[nodiscard]] std::string GateJunit(const analysis::GateResult& result, const GateReportOptions& options);

}  // namespace mqtrack::reports
