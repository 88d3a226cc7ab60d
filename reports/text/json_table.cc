// Schema "mqtrack-sites/1": docs/json.md. A field is added there first; one is never renamed within a version.
#include "reports/text/json_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libtrack/profile/sample_types.h"
#include "reports/text/memory_line.h"
#include "reports/words/filter_words.h"
#include "reports/words/json_side.h"
#include "reports/words/json_stack.h"
#include "reports/words/passed_over_words.h"
#include "reports/words/state_words.h"
#include "reports/words/sys_words.h"
#include "reports/words/verdict_words.h"
#include "reports/words/work_words.h"

namespace mqtrack::reports {
namespace {

using analysis::Site;
using analysis::SiteTable;
using Json = nlohmann::ordered_json;

const char* GranularityName(analysis::Granularity granularity) {
  switch (granularity) {
    case analysis::Granularity::kFunction:
      return "function";
    case analysis::Granularity::kLine:
      return "line";
    case analysis::Granularity::kStack:
      return "stack";
    case analysis::Granularity::kLeaf:
      return "leaf";
    case analysis::Granularity::kLabel:
      return "label";
  }
  return "";
}

const char* NamedByName(analysis::NamedBy named_by) {
  switch (named_by) {
    case analysis::NamedBy::kNearest:
      return "nearest";
    case analysis::NamedBy::kLayer:
      return "layer";
    case analysis::NamedBy::kOutermost:
      return "outermost";
    case analysis::NamedBy::kLabel:
      return "label";
  }
  return "";
}

/// value (and objects), before and after for a comparison.
void AddValues(Json& json, const SiteTable& table, std::int64_t base, std::int64_t value, std::int64_t base_objects,
               std::int64_t objects) {
  if (table.is_diff) json["base_value"] = base;
  json["value"] = value;
  if (table.is_diff) json["growth"] = analysis::Difference(value, base);
  if (!table.has_objects) return;
  if (table.is_diff) json["base_objects"] = base_objects;
  json["objects"] = objects;
  if (table.is_diff) json["object_growth"] = analysis::Difference(objects, base_objects);
}

/// Threads that ended and were never joined, and what their stacks hold.
Json UnjoinedJson(const analysis::Unjoined& unjoined, bool is_diff) {
  Json json = Json::object();
  if (is_diff) json["base_threads"] = unjoined.base_threads;
  json["threads"] = unjoined.threads;
  if (is_diff) json["base_stack_bytes"] = unjoined.base_stack_bytes;
  json["stack_bytes"] = unjoined.stack_bytes;
  return json;
}

bool IsOfThreads(const profile::ValueType& type) { return type.type == profile::kThreads; }

Json OtherGrowthJson(const analysis::OtherGrowth& other) {
  const Site& most = other.most;
  Json json = {{"sample_type", other.value_type.type},
               {"unit", other.value_type.unit},
               {"base_value", other.base_total},
               {"value", other.total},
               {"growth", other.growth()},
               {"most",
                {{"function", most.function},
                 {"file", most.file},
                 {"line", most.line},
                 {"module", most.module},
                 {"caller", most.caller},
                 {"growth", most.growth()}}}};
  if (most.verdict) json["most"]["verdict"] = VerdictJson(most);
  if (IsOfThreads(other.value_type)) json["most"]["unjoined"] = UnjoinedJson(most.unjoined, true);
  return json;
}

Json SiteJson(const SiteTable& table, const Site& site, bool stacks) {
  Json json = {{"function", site.function}, {"file", site.file},     {"line", site.line},
               {"module", site.module},     {"caller", site.caller}, {"named_by", NamedByName(site.named_by)}};
  if (table.granularity == analysis::Granularity::kLabel) json["label"] = site.label;
  AddValues(json, table, site.base_value, site.value, site.base_objects, site.objects);
  if (IsOfThreads(table.value_type)) json["unjoined"] = UnjoinedJson(site.unjoined, table.is_diff);
  if (site.per_packet) json["per_packet"] = PerPacketJson(*site.per_packet);
  if (site.verdict) json["verdict"] = VerdictJson(site);
  if (stacks) json["stack"] = StackJson(table.profile, site.stack);
  return json;
}

}  // namespace

std::string RenderJson(const SiteTable& table, const TableOptions& options) {
  Json json = {{"schema", "mqtrack-sites/1"},
               {"kind", table.is_diff ? "diff" : "top"},
               {"sample_type", table.value_type.type},
               {"unit", table.value_type.unit},
               {"granularity", GranularityName(table.granularity)}};
  if (!table.is_diff) json["holds_changes"] = table.holds_changes;
  if (table.granularity == analysis::Granularity::kLabel) json["label"] = table.label;
  json["filters"] = Json::object();
  for (const auto& [field, value] : FilterFields(options.filter)) json["filters"][field] = value;
  if (table.is_diff) json["base"] = SideJson(table.base, options.base_name);
  json["new"] = SideJson(table.newer, options.new_name);
  Json total = Json::object();
  AddValues(total, table, table.base_total, table.total, table.base_objects_total, table.objects_total);
  json["total"] = std::move(total);
  const std::size_t shown = options.rows == 0 ? table.sites.size() : std::min(options.rows, table.sites.size());
  Json sites = Json::array();
  for (std::size_t i = 0; i < shown; ++i) sites.push_back(SiteJson(table, table.sites[i], options.stacks));
  json["sites"] = std::move(sites);
  json["omitted_sites"] = table.sites.size() - shown;
  json["passed_over"] = PassedOverJson(table.passed_over);
  if (Json memory = table.is_diff ? MemoryJson(table.base.memory, table.newer.memory) : Json(); !memory.is_null())
    json["memory"] = std::move(memory);
  if (table.forecast) json["forecast"] = ForecastJson(*table.forecast);
  if (Json work = WorkJson(table); !work.is_null()) json["work"] = std::move(work);
  if (Json state = StateJson(table); !state.is_null()) json["mqtt_state"] = std::move(state);
  if (Json sys = SysJson(table.newer.sys, table.base.sys); !sys.is_null()) json["mqtt_sys"] = std::move(sys);
  if (table.is_diff) {
    json["also_grew"] = Json::array();
    for (const analysis::OtherGrowth& other : table.also_grew) json["also_grew"].push_back(OtherGrowthJson(other));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mqtrack::reports
