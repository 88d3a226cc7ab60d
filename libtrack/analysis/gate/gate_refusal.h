// When the gate must not answer: what makes a measurement worthless, and what a reader of the answer should know.
#pragma once

#include <string>
#include <vector>

#include "libtrack/analysis/gate/gate.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::analysis {

/// Reasons not to trust any number: nothing recorded, events lost, the sides swapped. `result` has its sides filled.
/// `base`: null if there is none, or it is no profile.
[[nodiscard]] std::vector<std::string> ReasonsNotToMeasure(const profile::Profile& newer, const profile::Profile* base,
                                                           const GateResult& result, bool allow_unrecorded);

/// Things to know about numbers that can be trusted: estimates, another build of the program.
[[nodiscard]] std::vector<std::string> Warnings(const GateResult& result, bool allow_unrecorded);

/// The facts that a JSON baseline carries.
[[nodiscard]] Side DescribeSide(const SiteBaseline& baseline);

}  // namespace mqtrack::analysis
