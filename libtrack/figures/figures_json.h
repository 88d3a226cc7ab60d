// Figures as JSON. docs/json.md has the schema, "mqtrack-metrics/1".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/figures/figures.h"

namespace mqtrack::figures {

/// One object for each target: a figure without labels is a number by its sample name, one with labels a list of
/// {"labels", "value"}.
[[nodiscard]] std::string RenderFiguresJson(const std::vector<TargetFigures>& targets, std::int64_t unix_nanos);

/// The same of one service on one line, without a line's end: what a message holds.
[[nodiscard]] std::string RenderFiguresMessage(const TargetFigures& target, std::int64_t unix_nanos);

}  // namespace mqtrack::figures
