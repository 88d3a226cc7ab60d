// Figures as text that Prometheus reads: its own format, version 0.0.4, and OpenMetrics 1.0.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libtrack/figures/figures.h"

namespace mqtrack::figures {

enum class Exposition { kPrometheus, kOpenMetrics };

/// What goes into Content-Type.
[[nodiscard]] std::string_view ContentType(Exposition format);

/// All of `targets`, family by family. Families of which nothing is known are left out. Figures of the same family and
/// labels must not come twice.
[[nodiscard]] std::string RenderExposition(const std::vector<TargetFigures>& targets, Exposition format);

/// 42, 0.5, NaN, +Inf: whole numbers without an exponent.
[[nodiscard]] std::string NumberText(double value);

}  // namespace mqtrack::figures
