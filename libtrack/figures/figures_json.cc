#include "libtrack/figures/figures_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace mqtrack::figures {
namespace {

using nlohmann::ordered_json;

constexpr char kSchema[] = "mqtrack-metrics/1";

ordered_json Number(double value) {
  constexpr double kLargestWhole = 9007199254740992;  // 2^53
  if (value == std::floor(value) && std::fabs(value) < kLargestWhole) return static_cast<std::int64_t>(value);
  return value;
}

ordered_json Values(const Figures& figures) {
  ordered_json values = ordered_json::object();
  for (const Figure& figure : figures.all()) {
    ordered_json& place = values[figure.kind->SampleName()];
    if (figure.labels.empty()) {
      place = Number(figure.value);
      continue;
    }
    ordered_json labels = ordered_json::object();
    for (const auto& [name, value] : figure.labels) labels[name] = value;
    place.push_back({{"labels", labels}, {"value", Number(figure.value)}});
  }
  return values;
}

std::string Dump(const ordered_json& document, int indent) {
  return document.dump(indent, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

std::string RenderFiguresJson(const std::vector<TargetFigures>& targets, std::int64_t unix_nanos) {
  ordered_json list = ordered_json::array();
  for (const TargetFigures& target : targets) {
    list.push_back({{"process", target.process}, {"figures", Values(target.figures)}});
  }
  return Dump({{"schema", kSchema}, {"time_unix_ns", unix_nanos}, {"targets", list}}, 2) + "\n";
}

std::string RenderFiguresMessage(const TargetFigures& target, std::int64_t unix_nanos) {
  return Dump({{"schema", kSchema},
               {"time_unix_ns", unix_nanos},
               {"process", target.process},
               {"figures", Values(target.figures)}},
              -1);
}

}  // namespace mqtrack::figures
