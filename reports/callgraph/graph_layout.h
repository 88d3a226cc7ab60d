// Layout of a call graph by Graphviz.
#pragma once

#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::reports {

/// Lays `dot` out with Graphviz. `format`: "svg", "pdf", "png".
[[nodiscard]] support::Result<std::string> LayOut(const std::string& dot, const std::string& format);

}  // namespace mqtrack::reports
