// One function per format of RenderGate. Internal to reports/text.
#pragma once

#include <string>

#include "libtrack/analysis/gate/gate.h"
#include "reports/gate/gate_report.h"

namespace mqtrack::reports {

[[nodiscard]] std::string GateText(const analysis::GateResult& result, const GateReportOptions& options);
[[nodiscard]] std::string GateJson(const analysis::GateResult& result, const GateReportOptions& options);
[[nodiscard]] std::string GateJunit(const analysis::GateResult& result, const GateReportOptions& options);
[[nodiscard]] std::string GateMarkdown(const analysis::GateResult& result, const GateReportOptions& options);
[[nodiscard]] std::string GateGithub(const analysis::GateResult& result, const GateReportOptions& options);

}  // namespace mqtrack::reports
