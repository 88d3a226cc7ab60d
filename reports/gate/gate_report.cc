#include "reports/gate/gate_report.h"

#include <array>
#include <utility>

#include "libtrack/analysis/printable.h"
#include "reports/gate/gate_formats.h"

namespace mqtrack::reports {

support::Result<GateFormat> ParseGateFormat(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, GateFormat>, 5> kFormats = {{{"text", GateFormat::kText},
                                                                                {"json", GateFormat::kJson},
                                                                                {"junit", GateFormat::kJunit},
                                                                                {"markdown", GateFormat::kMarkdown},
                                                                                {"github", GateFormat::kGithub}}};
  for (const auto& [known, format] : kFormats) {
    if (name == known) return format;
  }
  return support::Error{support::ErrorCode::kBadInput,
                        "no format " + analysis::Quoted(name) + "; there are text, json, junit, markdown and github",
                        "--format"};
}

std::string RenderGate(const analysis::GateResult& result, GateFormat format, const GateReportOptions& options) {
  switch (format) {
    case GateFormat::kText:
      return GateText(result, options);
    case GateFormat::kJson:
      return GateJson(result, options);
    case GateFormat::kJunit:
      return GateJunit(result, options);
    case GateFormat::kMarkdown:
      return GateMarkdown(result, options);
    case GateFormat::kGithub:
      return GateGithub(result, options);
  }
  return {};
}

}  // namespace mqtrack::reports
