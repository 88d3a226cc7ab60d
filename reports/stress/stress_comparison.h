// Two runs of one scenario, stage by stage: what has become worse.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libtrack/stress/scenario.h"
#include "libtrack/support/result.h"

namespace mqtrack::reports {

struct ComparedFigure {
  std::string stage, figure;  // "publish", "p99 to the answer, µs"
  double before = 0, after = 0;
  bool is_worse = false;  // by more than the tolerance, and more than noise
};

struct StressComparison {
  std::vector<ComparedFigure> figures;
  [[nodiscard]] bool HasWorse() const;
};

/// Before a load: an error if `before` is no result in JSON, or its stages are not those of `scenario`.
[[nodiscard]] support::Status CheckStressBase(std::string_view before, const std::string& before_name,
                                              const stress::Scenario& scenario);

/// Of two results in JSON. `tolerance`: by which part a figure may become worse, 0.25 for a quarter; latencies below a
/// millisecond and memory below 64 KiB never count. An error: one of them is none, or they are of different stages.
[[nodiscard]] support::Result<StressComparison> CompareStress(std::string_view before, const std::string& before_name,
                                                              std::string_view after, double tolerance);

}  // namespace mqtrack::reports
