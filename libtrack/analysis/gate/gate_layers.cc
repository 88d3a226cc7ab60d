#include "libtrack/analysis/gate/gate_layers.h"

#include <algorithm>

#include "libtrack/analysis/culprit/allocation_layers.h"

namespace mqtrack::analysis {

std::vector<AllocationLayer> GateLayers(const GateConfig& config, const std::vector<const profile::Profile*>& profiles,
                                        const WrapperList& wrappers) {
  std::vector<AllocationLayer> layers = FindAllocationLayers(profiles, wrappers);
  std::erase_if(layers, [&](const AllocationLayer& layer) {
    const auto names = [&](const NamePattern& pattern) { return pattern.Matches(layer.function); };
    return std::any_of(config.ignore.begin(), config.ignore.end(), names) ||
           std::any_of(config.sites.begin(), config.sites.end(),
                       [&](const SiteOverride& rule) { return names(rule.pattern); });
  });
  return layers;
}

}  // namespace mqtrack::analysis
