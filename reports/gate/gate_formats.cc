#include "reports/gate/gate_formats.h"

#include "reports/gate/gate_github.h"
#include "reports/gate/gate_json.h"
#include "reports/gate/gate_junit.h"
#include "reports/gate/gate_markdown.h"
#include "reports/gate/gate_text.h"

namespace mqtrack::reports {

const std::vector<GateFormat>& GateFormats() {
  static const std::vector<GateFormat> formats = {
      {"text", {}, &GateText},        {"json", {"json"}, &GateJson},
      {"junit", {"xml"}, &GateJunit}, {"markdown", {"md"}, &GateMarkdown},
      {"github", {}, &GateGithub},
  };
  return formats;
}

std::string RenderGate(const analysis::GateResult& result, std::string_view format, const GateReportOptions& options) {
  for (const GateFormat& known : GateFormats()) {
    if (known.name == format) return known.render(result, options);
  }
  return GateFormats().front().render(result, options);
}

}  // namespace mqtrack::reports
