#include "libtrack/topology/comparison.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>

namespace mqtrack::topology {
namespace {

using EdgeKey = std::tuple<std::string, std::string, EdgeKind>;

EdgeKey KeyOf(const Topology& topology, const Edge& edge) {
  return {topology.services[edge.from].name, topology.services[edge.to].name, edge.kind};
}

void CompareTimes(EdgeChange& change) {
  const Latency& now = change.now->latency;
  const Latency& base = change.base->latency;
  const std::int64_t fewer = std::min(now.count, base.count);
  if (fewer < kLeastForMedian) return;
  change.by_median = fewer < kLeastForP99;
  const std::int64_t before = change.by_median ? base.p50_ns : base.p99_ns;
  const std::int64_t after = change.by_median ? now.p50_ns : now.p99_ns;
  // Below that, clocks and schedulers make the difference; many logs have whole milliseconds.
  change.times =
      static_cast<double>(std::max(after, kLeastSlowNs)) / static_cast<double>(std::max(before, kLeastSlowNs));
}

}  // namespace

Comparison Compare(const Topology& now, const Topology& base) {
  Comparison comparison;
  std::map<EdgeKey, const Edge*> before;
  for (const Edge& edge : base.edges) before.emplace(KeyOf(base, edge), &edge);
  for (const Edge& edge : now.edges) {
    EdgeChange change{&edge, nullptr, 0, false};
    const auto found = before.find(KeyOf(now, edge));
    if (found != before.end()) {
      change.base = found->second;
      before.erase(found);
      CompareTimes(change);
    }
    comparison.edges.push_back(change);
  }
  for (const Edge& edge : base.edges) {
    if (before.contains(KeyOf(base, edge))) comparison.gone.push_back(&edge);
  }
  comparison.damaged_logs = base.reading.damaged_logs;
  std::set<std::string> cycles, services;
  for (const Cycle& cycle : base.cycles) cycles.insert(CycleName(base, cycle));
  for (const Service& service : base.services) services.insert(service.name);
  for (const Cycle& cycle : now.cycles) comparison.is_new_cycle.push_back(!cycles.contains(CycleName(now, cycle)));
  for (const Service& service : now.services) comparison.is_new_service.push_back(!services.contains(service.name));
  return comparison;
}

}  // namespace mqtrack::topology
