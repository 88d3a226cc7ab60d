// A GateResult in the forms that people and CI systems read. All of them name function, file:line, bytes and objects.
#pragma once

#include <string>
#include <string_view>

#include "libtrack/analysis/gate/gate.h"
#include "libtrack/support/result.h"

namespace mqtrack::reports {

enum class GateFormat {
  kText,      // for a person at a terminal or in a CI log
  kJson,      // schema "mqtrack-gate/1", docs/json.md
  kJunit,     // JUnit XML: one test case per limit
  kMarkdown,  // a comment on a merge request
  kGithub,    // GitHub workflow commands: ::error file=…,line=…,title=…::…
};

/// "text", "json", "junit", "markdown", "github"; anything else is an error that lists them.
[[nodiscard]] support::Result<GateFormat> ParseGateFormat(std::string_view name);

struct GateReportOptions {
  bool colour = false;              // text only
  int width_columns = 0;            // text only; 0: no limit
  bool stacks = true;               // print the stack of the worst sites
  std::string base_name, new_name;  // of the inputs, for headings and the hint
  std::string loading;              // options of the hint that say how the inputs are read, each with a blank before it
  /// Taken off the front of source paths in GitHub annotations, which must be relative to the repository. Empty: none.
  std::string source_root;
};

[[nodiscard]] std::string RenderGate(const analysis::GateResult& result, GateFormat format,
                                     const GateReportOptions& options);

}  // namespace mqtrack::reports
