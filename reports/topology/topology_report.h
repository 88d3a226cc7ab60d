// What is told of a topology, whatever the format.
#pragma once

#include "libtrack/topology/comparison.h"
#include "libtrack/topology/topology.h"
#include "libtrack/topology/topology_checks.h"

namespace mqtrack::reports {

/// Borrowed. Without a base `comparison` and `base` are null, without checks `judgement`.
struct TopologyReport {
  const topology::Topology* topology = nullptr;
  const topology::Topology* base = nullptr;
  const topology::Comparison* comparison = nullptr;
  const topology::Judgement* judgement = nullptr;
};

}  // namespace mqtrack::reports
