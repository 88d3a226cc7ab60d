// What a load has measured, as JSON (docs/json.md), schema 1. It is what --base reads.
#pragma once

#include <string>

#include "libtrack/stress/stress_result.h"

namespace mqtrack::reports {

[[nodiscard]] std::string RenderStressJson(const stress::StressResult& result);

}  // namespace mqtrack::reports
