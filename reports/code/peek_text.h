// Callers and callees of functions, for people.
#pragma once

#include <string>

#include "libtrack/analysis/code/function_peek.h"
#include "reports/code/code_options.h"

namespace mqtrack::reports {

[[nodiscard]] std::string RenderPeekText(const analysis::FunctionPeek& peek, const CodeOptions& options);

}  // namespace mqtrack::reports
