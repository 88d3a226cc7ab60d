#include "reports/gate/gate_formats.h"

#include "reports/gate/gate_github.h"
#include "reports/gate/gate_json.h"
#include "reports/gate/gate_junit.h"
#include "reports/gate/gate_markdown.h"
#include "reports/gate/gate_text.h"

namespace mqtrack::reports {

const std::vector<GateFormat>& GateFormats() {
  static const std::vector<GateFormat> formats = {
      {"text", {}, &GateText, &SeveralText},         {"json", {"json"}, &GateJson, &SeveralJson},
      {"junit", {"xml"}, &GateJunit, &SeveralJunit}, {"markdown", {"md"}, &GateMarkdown, &SeveralMarkdown},
      {"github", {}, &GateGithub, &SeveralGithub},
  };
  return formats;
}

namespace {

const GateFormat& FindGateFormat(std::string_view format) {
  for (const GateFormat& known : GateFormats()) {
    if (known.name == format) return known;
  }
  return GateFormats().front();
}

}  // namespace

std::string RenderGate(const analysis::GateResult& result, std::string_view format, const GateReportOptions& options) {
  return FindGateFormat(format).render(result, options);
}

std::string RenderSeveralGates(const std::vector<JudgedProfile>& judged, std::string_view format) {
  return FindGateFormat(format).render_several(judged);
}

}  // namespace mqtrack::reports
