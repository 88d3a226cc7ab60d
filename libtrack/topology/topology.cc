#include "libtrack/topology/topology.h"

namespace mqtrack::topology {

const char* EdgeKindName(EdgeKind kind) { return kind == EdgeKind::kMessage ? "message" : "call"; }

bool IsSlow(const Service& service) { return service.times_usual >= kSlowTimes; }

std::string EdgeName(const Topology& topology, const Edge& edge) {
  return topology.services[edge.from].name + " -> " + topology.services[edge.to].name;
}

std::string CycleName(const Topology& topology, const Cycle& cycle) {
  std::string name;
  for (const std::uint32_t service : cycle.services) name += topology.services[service].name + " -> ";
  return cycle.services.empty() ? name : name + topology.services[cycle.services.front()].name;
}

}  // namespace mqtrack::topology
