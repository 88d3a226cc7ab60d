// Schema "mqtrack-diagnosis/1": docs/json.md. A field is added there first; one is never renamed within a version.
#include "reports/diagnosis/diagnosis_json.h"

#include <nlohmann/json.hpp>

#include "libtrack/profile/sample_types.h"
#include "reports/diagnosis/diagnosis_text.h"
#include "reports/words/json_side.h"
#include "reports/words/sys_words.h"
#include "reports/words/work_words.h"

namespace mqtrack::reports {
namespace {

using Json = nlohmann::ordered_json;
using verdicts::SiteVerdict;

Json HistoryJson(const verdicts::SiteHistory& history) {
  Json json = {{"values", Json::array()}};
  if (history.has_objects) json["objects"] = Json::array();
  for (const verdicts::Held& held : history.held) {
    json["values"].push_back(held.value);
    if (history.has_objects) json["objects"].push_back(held.objects);
  }
  json["left"] = history.cohorts.empty() ? Json(nullptr) : Json(history.Left());
  return json;
}

Json OwnersJson(const verdicts::SiteHistory& history) {
  Json owners = Json::array();
  for (const auto& [owner, held] : history.owners)
    owners.push_back({{"kind", owner.first}, {"name", owner.second}, {"value", held.value}, {"objects", held.objects}});
  return owners;
}

Json SiteJson(const SiteVerdict& one, const verdicts::Diagnosis& diagnosis, const DiagnosisOptions& options) {
  const analysis::Site& site = one.history.site;
  const verdicts::Held amount = one.Amount();
  Json json = {{"verdict", verdicts::VerdictName(one.judgement.verdict)},
               {"kind", one.history.type.type},
               {"unit", one.history.type.unit},
               {"function", site.function},
               {"file", site.file},
               {"line", site.line},
               {"module", site.module},
               {"caller", site.caller},
               {"growth", amount.value}};
  if (one.history.has_objects) json["objects"] = amount.objects;
  json["amount"] = AmountOf(one);
  json["evidence"] = one.judgement.evidence;
  json["next"] = NextStepOf(one, options);
  json["history"] = HistoryJson(one.history);
  json["owners"] = diagnosis.has_owners ? OwnersJson(one.history) : Json(nullptr);
  return json;
}

}  // namespace

std::string RenderDiagnosisJson(const verdicts::Diagnosis& diagnosis, const DiagnosisOptions& options) {
  Json json = {{"schema", "mqtrack-diagnosis/1"}, {"name", options.name}};
  json["has_leak"] = diagnosis.HasLeak();
  json["by_generations"] = diagnosis.is_of_survivors;
  json["snapshots"] = Json::array();
  for (const analysis::Side& side : diagnosis.sides) json["snapshots"].push_back(SideJson(side, options.name));
  json["looks"] = Json::array();
  for (const LookFacts& look : options.looks) json["looks"].push_back(LookJson(look));
  json["why_not_looked"] = options.why_not_looked;
  json["notes"] = options.notes;
  json["work"] = WorkJson(diagnosis.work);
  json["mqtt_sys"] = SysJson(diagnosis.sides.back().sys, diagnosis.sides.front().sys);
  json["forecast"] = diagnosis.forecast ? ForecastJson(*diagnosis.forecast) : Json(nullptr);
  json["kept_by_allocator_bytes"] =
      diagnosis.kept_by_allocator >= 0 ? Json(diagnosis.kept_by_allocator) : Json(nullptr);
  json["things"] = Json::array();
  for (const verdicts::ResourceHistory& resource : diagnosis.resources)
    json["things"].push_back({{"kind", resource.type.type}, {"unit", resource.type.unit}, {"totals", resource.totals}});
  json["verdicts"] = Json::array();
  for (const SiteVerdict& one : diagnosis.sites) json["verdicts"].push_back(SiteJson(one, diagnosis, options));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mqtrack::reports
