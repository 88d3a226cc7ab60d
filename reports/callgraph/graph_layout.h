// Layout of a call graph by Graphviz.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::reports {

/// Lays `dot` out with Graphviz, however long that takes. `format`: "svg", "pdf", "png".
[[nodiscard]] support::Result<std::string> LayOut(const std::string& dot, const std::string& format);

/// As LayOut, for servers: nothing if Graphviz takes longer than `limit`; no process of it is left then.
[[nodiscard]] support::Result<std::optional<std::string>> LayOutWithin(const std::string& dot,
                                                                       const std::string& format,
                                                                       std::chrono::milliseconds limit);

}  // namespace mqtrack::reports
