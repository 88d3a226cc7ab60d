// Layout of a call graph by Graphviz.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::reports {

/// Lays `dot` out with Graphviz. `format`: "svg", "pdf", "png". Without a `limit` it takes as long as it takes; beyond
/// it the error is kCannotMeasure, and no process of Graphviz is left.
[[nodiscard]] support::Result<std::string> LayOut(const std::string& dot, const std::string& format,
                                                  std::optional<std::chrono::milliseconds> limit = std::nullopt);

}  // namespace mqtrack::reports
