#include "reports/stress/stress_json.h"

#include <nlohmann/json.hpp>

#include "libtrack/analysis/printable.h"

namespace mqtrack::reports {
namespace {

using nlohmann::ordered_json;
using stress::Holding;
using stress::LatencyHistogram;
using stress::StageResult;

ordered_json LatencyJson(const LatencyHistogram& histogram) {
  constexpr double kMicro = 1e-3;
  ordered_json json;
  json["count"] = histogram.count();
  const std::pair<const char*, double> percentiles[] = {
      {"p50_us", 0.5}, {"p90_us", 0.9}, {"p99_us", 0.99}, {"p99_9_us", 0.999}};
  for (const auto& [name, fraction] : percentiles)
    json[name] = static_cast<double>(histogram.Percentile(fraction)) * kMicro;
  json["max_us"] = static_cast<double>(histogram.max()) * kMicro;
  return json;
}

ordered_json HoldingJson(const Holding& holding) {
  ordered_json json;
  json["live_bytes"] = holding.live_bytes;
  json["live_objects"] = holding.live_objects;
  json["resident_bytes"] = holding.resident_bytes;
  json["thread_count"] = holding.threads;
  json["descriptor_count"] = holding.descriptors;
  return json;
}

}  // namespace

std::string RenderStressJson(const stress::StressResult& result) {
  ordered_json json;
  json["schema"] = "mqtrack-stress/1";
  json["scenario"] = analysis::Printable(result.scenario);
  json["address"] = analysis::Printable(result.address);
  json["seed"] = result.seed;
  json["interrupted"] = result.is_interrupted;
  json["stages"] = ordered_json::array();
  for (const StageResult& stage : result.stages) {
    ordered_json row;
    row["name"] = analysis::Printable(stage.name);
    row["do"] = stage.action;
    row["group"] = analysis::Printable(stage.group);
    row["seconds"] = stage.seconds;
    row["planned"] = stage.planned;
    row["done"] = stage.done;
    row["not_begun"] = stage.not_begun;
    row["late"] = stage.late;
    row["dropped"] = stage.dropped;
    row["failed"] = stage.failed;
    row["received"] = stage.received;
    row["answer"] = LatencyJson(stage.answer);
    row["delivery"] = LatencyJson(stage.delivery);
    row["closed_loop"] = LatencyJson(stage.closed_loop);
    if (stage.before) row["before"] = HoldingJson(*stage.before);
    if (stage.after) row["after"] = HoldingJson(*stage.after);
    json["stages"].push_back(std::move(row));
  }
  return json.dump(2) + "\n";
}

}  // namespace mqtrack::reports
