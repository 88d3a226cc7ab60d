// One input of a table or of the gate, as both JSON schemas describe it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "libtrack/analysis/forecast.h"
#include "libtrack/analysis/side.h"

namespace mqtrack::reports {

[[nodiscard]] nlohmann::ordered_json SideJson(const analysis::Side& side, const std::string& name);

/// "forecast" of both schemas.
[[nodiscard]] nlohmann::ordered_json ForecastJson(const analysis::Forecast& forecast);

}  // namespace mqtrack::reports
