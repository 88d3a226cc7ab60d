// What is said about a gate's result, besides the result.
#pragma once

#include <string>

namespace mqtrack::reports {

struct GateReportOptions {
  bool colour = false;              // text only
  int width_columns = 0;            // text only; 0: no limit
  bool stacks = true;               // print the stack of the worst sites
  std::string base_name, new_name;  // of the inputs, for headings and the hint
  std::string loading;              // options of the hint that say how the inputs are read, each with a blank before it
  /// Taken off the front of source paths in GitHub annotations, which must be relative to the repository. Empty: none.
  std::string source_root;
};

}  // namespace mqtrack::reports
