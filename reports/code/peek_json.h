// Callers and callees of functions, for programs: schema "mqtrack-peek/1" of docs/json.md.
#pragma once

#include <string>

#include "libtrack/analysis/code/function_peek.h"
#include "reports/code/code_options.h"

namespace mqtrack::reports {

[[nodiscard]] std::string RenderPeekJson(const analysis::FunctionPeek& peek, const CodeOptions& options);

}  // namespace mqtrack::reports
