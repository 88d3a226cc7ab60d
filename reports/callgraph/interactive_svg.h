// Adds pan, zoom, search and click to a call graph that Graphviz drew.
#pragma once

#include <string>

namespace mqtrack::reports {

/// `svg` is Graphviz' output. The still picture stays as it is; the reference to an external DTD goes.
[[nodiscard]] std::string MakeInteractive(const std::string& svg);

}  // namespace mqtrack::reports
