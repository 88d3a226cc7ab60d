// The forms in which people and CI systems read a GateResult: one row each, which the command line reads. All of them
// name function, file:line, bytes and objects. To add a format is to add its file and a row.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libtrack/analysis/gate/gate.h"
#include "reports/gate/gate_report_options.h"
#include "reports/gate/several_gates.h"

namespace mqtrack::reports {

struct GateFormat {
  std::string name;                  // after --format
  std::vector<std::string> endings;  // of files that hold nothing else; any may be in a .txt
  std::string (*render)(const analysis::GateResult& result, const GateReportOptions& options);
  std::string (*render_several)(const std::vector<JudgedProfile>& judged);
};

/// In the order of the help; the first is the default.
[[nodiscard]] const std::vector<GateFormat>& GateFormats();

/// `result` in the format called `format`; in the default one if there is none of that name.
[[nodiscard]] std::string RenderGate(const analysis::GateResult& result, std::string_view format,
                                     const GateReportOptions& options);

/// Likewise, of several profiles.
[[nodiscard]] std::string RenderSeveralGates(const std::vector<JudgedProfile>& judged, std::string_view format);

}  // namespace mqtrack::reports
