// pprof's colours (internal/graph dotColor): red for what is there or grew, green for what shrank, grey near zero.
#pragma once

#include <string>

namespace mqtrack::reports {

enum class DotPaint { kBorder, kFill };

/// "#rrggbb" for a share of the total in [-1, 1].
[[nodiscard]] std::string DotColour(double share, DotPaint paint);

}  // namespace mqtrack::reports
