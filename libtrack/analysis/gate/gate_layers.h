// Which allocation layers the gate passes over when it names sites.
#pragma once

#include <vector>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/gate/gate_config.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::analysis {

/// The allocation layers of `profiles` (FindAllocationLayers), but those that the configuration names, in a limit of
/// its own or to be ignored: such a function keeps its row.
[[nodiscard]] std::vector<AllocationLayer> GateLayers(const GateConfig& config,
                                                      const std::vector<const profile::Profile*>& profiles,
                                                      const WrapperList& wrappers);

}  // namespace mqtrack::analysis
