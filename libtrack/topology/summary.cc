#include "libtrack/topology/summary.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "libtrack/topology/cycles.h"

namespace mqtrack::topology {
namespace {

constexpr std::size_t kLeastServices = 3;  // of fewer none is usual

Latency LatencyOf(const LatencyHistogram& histogram) {
  return {histogram.count(), histogram.Percentile(0.5), histogram.Percentile(0.99), histogram.max()};
}

void CompareServices(std::vector<Service>& services) {
  std::vector<std::int64_t> medians;
  for (const Service& service : services) {
    if (service.self.count >= kLeastVisits) medians.push_back(service.self.p50_ns);
  }
  if (medians.size() < kLeastServices) return;
  const auto middle = medians.begin() + static_cast<std::ptrdiff_t>((medians.size() - 1) / 2);
  std::nth_element(medians.begin(), middle, medians.end());
  // Below that, whoever takes the least is slow, and a smaller figure would only make a larger quotient.
  constexpr auto kLeastUsual = static_cast<std::int64_t>(static_cast<double>(kLeastSlowNs) / kSlowTimes);
  const std::int64_t usual = std::max(*middle, kLeastUsual);
  for (Service& service : services) {
    if (service.self.count >= kLeastVisits && service.self.p50_ns >= kLeastSlowNs)
      service.times_usual = static_cast<double>(service.self.p50_ns) / static_cast<double>(usual);
  }
}

}  // namespace

void AddToEdge(EdgeSums& edge, const WindowSpan& cause, const WindowSpan& span) {
  ++edge.facts.count;
  edge.facts.errors += span.is_error ? 1 : 0;
  if (const std::int64_t duration = span.Duration(); duration != kUnknownTime) edge.latency.Add(duration);
  if (edge.facts.kind != EdgeKind::kMessage || cause.start_ns == kUnknownTime || span.start_ns == kUnknownTime) return;
  if (span.start_ns < cause.start_ns) {
    ++edge.facts.clock_skews;
  } else {
    edge.delivery.Add(static_cast<std::int64_t>(static_cast<std::uint64_t>(span.start_ns) -
                                                static_cast<std::uint64_t>(cause.start_ns)));
  }
}

Topology Summarize(std::vector<ServiceSums> services, std::vector<EdgeSums> edges, Reading reading) {
  Topology topology;
  topology.reading = std::move(reading);
  std::vector<std::uint32_t> order(services.size()), place(services.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return services[a].facts.name < services[b].facts.name; });
  for (std::size_t i = 0; i < order.size(); ++i) {
    place[order[i]] = static_cast<std::uint32_t>(i);
    ServiceSums& sums = services[order[i]];
    sums.facts.self = LatencyOf(sums.self);
    topology.services.push_back(std::move(sums.facts));
  }
  CompareServices(topology.services);
  for (EdgeSums& edge : edges) {
    edge.facts.from = place[edge.facts.from];
    edge.facts.to = place[edge.facts.to];
    for (std::uint32_t& service : edge.return_path) service = place[service];
    edge.facts.latency = LatencyOf(edge.latency);
    edge.facts.delivery = LatencyOf(edge.delivery);
  }
  std::sort(edges.begin(), edges.end(), [](const EdgeSums& a, const EdgeSums& b) {
    return std::tie(a.facts.from, a.facts.to, a.facts.kind) < std::tie(b.facts.from, b.facts.to, b.facts.kind);
  });
  for (const EdgeSums& edge : edges) topology.edges.push_back(edge.facts);
  FindCycles(edges, topology);
  return topology;
}

}  // namespace mqtrack::topology
