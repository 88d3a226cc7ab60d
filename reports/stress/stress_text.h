// What a load has measured, as a table; and two of them side by side.
#pragma once

#include <string>

#include "libtrack/stress/stress_result.h"
#include "reports/stress/stress_comparison.h"

namespace mqtrack::reports {

[[nodiscard]] std::string RenderStressText(const stress::StressResult& result);
/// One stage, while the load goes on: "connect: 1,000 of 1,000 in 1.0 s".
[[nodiscard]] std::string StageLine(const stress::StageResult& stage);
/// `width_columns` 0: no limit.
[[nodiscard]] std::string RenderComparisonText(const StressComparison& comparison, int width_columns, bool colour);

}  // namespace mqtrack::reports
