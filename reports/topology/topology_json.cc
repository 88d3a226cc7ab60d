#include "reports/topology/topology_json.h"

#include <nlohmann/json.hpp>

namespace mqtrack::reports {
namespace {

using nlohmann::ordered_json;
using topology::Edge;
using topology::Latency;
using topology::Topology;

ordered_json Times(const Latency& latency) {
  if (latency.count == 0) return nullptr;  // not measured is not 0
  return {{"count", latency.count}, {"p50_ns", latency.p50_ns}, {"p99_ns", latency.p99_ns}, {"max_ns", latency.max_ns}};
}

ordered_json Services(const TopologyReport& report) {
  ordered_json services = ordered_json::array();
  for (std::size_t i = 0; i < report.topology->services.size(); ++i) {
    const topology::Service& service = report.topology->services[i];
    ordered_json one = {{"name", service.name},       {"spans", service.spans},     {"visits", service.visits},
                        {"roots", service.roots},     {"orphans", service.orphans}, {"errors", service.errors},
                        {"own", Times(service.self)}, {"slow", IsSlow(service)}};
    one["times_median_service"] = service.times_usual > 0 ? ordered_json(service.times_usual) : ordered_json(nullptr);
    if (report.comparison != nullptr) one["new"] = static_cast<bool>(report.comparison->is_new_service[i]);
    services.push_back(std::move(one));
  }
  return services;
}

ordered_json EdgeJson(const Topology& topology, const Edge& edge) {
  return {{"from", topology.services[edge.from].name},
          {"to", topology.services[edge.to].name},
          {"kind", EdgeKindName(edge.kind)},
          {"count", edge.count},
          {"errors", edge.errors},
          {"latency", Times(edge.latency)},
          {"delivery", Times(edge.delivery)},
          {"handled_before_sent", edge.clock_skews},
          {"returns", edge.returns}};
}

ordered_json Edges(const TopologyReport& report) {
  ordered_json edges = ordered_json::array();
  for (std::size_t i = 0; i < report.topology->edges.size(); ++i) {
    ordered_json one = EdgeJson(*report.topology, report.topology->edges[i]);
    if (report.comparison != nullptr) {
      const topology::EdgeChange& change = report.comparison->edges[i];
      one["new"] = change.base == nullptr;
      one["base_latency"] = change.base == nullptr ? ordered_json(nullptr) : Times(change.base->latency);
      one["times_base"] = change.times > 0 ? ordered_json(change.times) : ordered_json(nullptr);
      one["by_median"] = change.by_median;
    }
    edges.push_back(std::move(one));
  }
  return edges;
}

ordered_json Cycles(const TopologyReport& report) {
  ordered_json cycles = ordered_json::array();
  for (std::size_t i = 0; i < report.topology->cycles.size(); ++i) {
    const topology::Cycle& cycle = report.topology->cycles[i];
    ordered_json names = ordered_json::array();
    for (const std::uint32_t service : cycle.services) names.push_back(report.topology->services[service].name);
    ordered_json one = {{"services", std::move(names)},
                        {"over_messages", cycle.has_message},
                        {"returns", cycle.returns},
                        {"example_trace", cycle.example_trace}};
    if (report.comparison != nullptr) one["new"] = static_cast<bool>(report.comparison->is_new_cycle[i]);
    cycles.push_back(std::move(one));
  }
  return cycles;
}

ordered_json ReadingJson(const topology::Reading& reading) {
  return {{"files", reading.files},
          {"lines", reading.lines},
          {"bytes", reading.bytes},
          {"spans", reading.spans},
          {"from_unix_ns", reading.from_ns},
          {"until_unix_ns", reading.until_ns},
          {"window_spans", reading.window},
          {"broken_lines", reading.broken_lines},
          {"damaged_logs", reading.damaged_logs},
          {"first_problems", reading.problems},
          {"lines_without_span", reading.without_span},
          {"spans_without_service", reading.without_service},
          {"repeated_records", reading.repeated},
          {"records_with_ids_of_another_service", reading.shared},
          {"missing_parents", reading.missing_parents},
          {"distant_parents", reading.distant_parents},
          {"spans_of_other_services", reading.other_services},
          {"dropped_calls", reading.dropped_edges},
          {"dropped_cycles", reading.dropped_cycles}};
}

ordered_json JudgementJson(const topology::Judgement& judgement) {
  ordered_json findings = ordered_json::array();
  for (const auto& finding : judgement.findings)
    findings.push_back({{"check", finding.check}, {"text", finding.sentence}});
  const char* verdict = !judgement.not_measured.empty() ? "cannot_measure"
                        : judgement.findings.empty()    ? "pass"
                                                        : "fail";
  return {{"verdict", verdict},
          {"findings", std::move(findings)},
          {"not_measured", judgement.not_measured},
          {"not_judged", judgement.not_judged}};
}

}  // namespace

std::string RenderTopologyJson(const TopologyReport& report) {
  ordered_json document = {{"schema", "mqtrack-topology/1"},
                           {"services", Services(report)},
                           {"edges", Edges(report)},
                           {"cycles", Cycles(report)}};
  if (report.comparison != nullptr) {
    document["gone_edges"] = ordered_json::array();
    for (const Edge* gone : report.comparison->gone) document["gone_edges"].push_back(EdgeJson(*report.base, *gone));
  }
  if (report.judgement != nullptr) document["checks"] = JudgementJson(*report.judgement);
  document["reading"] = ReadingJson(report.topology->reading);
  return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace mqtrack::reports
