#include "reports/callgraph/dot_colour.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace mqtrack::reports {

std::string DotColour(double share, DotPaint paint) {
  constexpr double kShift = 0.3;      // lifts small shares, so that they keep a visible hue
  constexpr double kGreyBelow = 0.2;  // below this share the hue fades
  double saturation = paint == DotPaint::kFill ? 0.1 : 1.0;
  const double value = paint == DotPaint::kFill ? 0.93 : 0.7;
  share = std::clamp(share, -1.0, 1.0);
  const double lifted = std::copysign(std::pow(std::abs(share), kShift), share);
  if (std::abs(share) < kGreyBelow) saturation *= std::abs(share) / kGreyBelow;
  // Below, one channel is full, one is empty and the third fades with the share; then saturation is applied.
  double red = 0, green = 0;
  if (lifted > 0) {
    red = 1;
    green = 1 - lifted;
  } else {
    red = 1 + lifted;
    green = 1;
  }
  const double blue = 1 - saturation;
  const auto channel = [&](double full) {
    const double mixed = full * saturation + (1 - saturation);
    return static_cast<int>(255 * value * mixed);
  };
  char text[8];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", channel(red) & 0xff, channel(green) & 0xff,
                static_cast<int>(255 * value * blue) & 0xff);
  return text;
}

}  // namespace mqtrack::reports
