// What differs between the services of now and those of a base.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/topology/topology.h"

namespace mqtrack::topology {

/// So many calls are needed on both sides to compare medians, and the 99th percentiles.
inline constexpr std::int64_t kLeastForMedian = 10, kLeastForP99 = 100;

/// A call or message of now beside that of the base.
struct EdgeChange {
  const Edge* now = nullptr;
  const Edge* base = nullptr;  // null: new
  /// p99 over the base's p99, or medians where there are too few calls for that; 0: too few for either.
  double times = 0;
  bool by_median = false;
};

struct Comparison {
  std::vector<EdgeChange> edges;          // one per edge of now, in its order
  std::vector<const Edge*> gone;          // of the base
  std::vector<bool> is_new_cycle;         // per cycle of now
  std::vector<bool> is_new_service;       // per service of now
  std::vector<std::string> damaged_logs;  // of the base: what seems new may stand where they could not be read
};

/// Both must outlive the comparison. Services are matched by name, edges by the services and the kind, circles by the
/// services on them.
[[nodiscard]] Comparison Compare(const Topology& now, const Topology& base);

}  // namespace mqtrack::topology
