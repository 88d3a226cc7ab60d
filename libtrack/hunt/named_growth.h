// From what grew, by stack, to what leaks, by function.
#pragma once

#include <vector>

#include "libtrack/hunt/hunt_result.h"
#include "libtrack/hunt/measured_rounds.h"
#include "libtrack/process/discovery.h"

namespace mqtrack::hunt {

/// What one operation left behind, until its stacks have names.
struct Unnamed {
  OperationResult* result = nullptr;
  Measured measured;
};

/// Names the stacks, sums them by function, judges each, and enters sites and outcome into the results. `content` is of
/// the log of `process`. Where that fails, the results are "not tried", with the reason.
void NameGrowth(const log::LogContent& content, const process::RecordedProcess& process,
                const std::vector<Unnamed>& unnamed);

}  // namespace mqtrack::hunt
