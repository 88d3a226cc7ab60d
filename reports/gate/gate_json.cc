// Schema "mqtrack-gate/1": docs/json.md.
#include "reports/gate/gate_json.h"

#include <nlohmann/json.hpp>

#include "reports/words/json_side.h"
#include "reports/words/passed_over_words.h"

namespace mqtrack::reports {
namespace {

using analysis::GateCheck;
using analysis::GateResult;
using analysis::GateSite;
using Json = nlohmann::ordered_json;

const char* VerdictName(analysis::Verdict verdict) {
  switch (verdict) {
    case analysis::Verdict::kPass:
      return "pass";
    case analysis::Verdict::kFail:
      return "fail";
    case analysis::Verdict::kCannotMeasure:
      return "cannot_measure";
  }
  return "";
}

const char* KindName(GateCheck::Kind kind) {
  switch (kind) {
    case GateCheck::Kind::kGrowth:
      return "growth";
    case GateCheck::Kind::kSiteGrowth:
      return "site_growth";
    case GateCheck::Kind::kTotal:
      return "total";
    case GateCheck::Kind::kLost:
      return "lost";
    case GateCheck::Kind::kVerdict:
      return "verdict";
  }
  return "";
}

const char* ExclusionName(analysis::GateExclusion::Kind kind) {
  switch (kind) {
    case analysis::GateExclusion::Kind::kSuppression:
      return "suppression";
    case analysis::GateExclusion::Kind::kIgnore:
      return "ignore";
    case analysis::GateExclusion::Kind::kKept:
      return "kept";
  }
  return "";
}

Json LimitJson(const analysis::Limit& limit) { return limit.text.empty() ? Json(nullptr) : Json(limit.value); }

Json SiteJson(const GateCheck& check, const GateSite& site, bool stacks) {
  Json json = {{"function", site.function}, {"file", site.file},      {"line", site.line},
               {"module", site.module},     {"caller", site.caller},  {"base_value", site.base_value},
               {"value", site.value},       {"growth", site.growth()}};
  if (check.has_objects) {
    json["base_objects"] = site.base_objects;
    json["objects"] = site.objects;
    json["object_growth"] = site.object_growth();
  }
  if (site.steady_growth) json["steady_growth"] = *site.steady_growth;
  if (check.unit.is_set()) json["growth_per_unit"] = check.unit.Rate(site.judged_growth());
  json["limit"] = LimitJson(site.limit);
  if (!site.verdict.empty()) json["verdict"] = site.verdict;
  if (!site.reason.empty()) json["reason"] = site.reason;
  if (!stacks) return json;
  Json stack = Json::array();
  for (const analysis::GateFrame& frame : site.stack) {
    stack.push_back({{"function", frame.function},
                     {"file", frame.file},
                     {"line", frame.line},
                     {"module", frame.module},
                     {"inlined", frame.inlined},
                     {"wrapper", frame.wrapper}});
  }
  json["stack"] = std::move(stack);
  return json;
}

Json CheckJson(const GateCheck& check, bool stacks) {
  Json json = {{"kind", KindName(check.kind)},  {"sample_type", check.value_type.type},
               {"unit", check.value_type.unit}, {"limit", LimitJson(check.limit)},
               {"passed", check.passed},        {"base_value", check.base_value},
               {"value", check.value},          {"growth", check.growth()}};
  if (check.has_objects) {
    json["base_objects"] = check.base_objects;
    json["objects"] = check.objects;
    json["object_growth"] = check.object_growth();
  }
  if (!check.verdicts.empty()) json["fail_on"] = check.verdicts;
  if (check.steady_growth) json["steady_growth"] = *check.steady_growth;
  if (check.unit.is_set()) {
    json["per"] = check.unit.name;
    json["units"] = check.unit.units();
    json["growth_per_unit"] = check.unit.Rate(check.judged_growth());
  }
  Json sites = Json::array();
  for (const GateSite& site : check.sites) sites.push_back(SiteJson(check, site, stacks));
  json["sites"] = std::move(sites);
  return json;
}

Json ResultJson(const GateResult& result, const GateReportOptions& options) {
  Json json = {{"schema", "mqtrack-gate/1"}, {"verdict", VerdictName(result.verdict)}};
  json["reasons"] = result.reasons;
  json["warnings"] = result.warnings;
  json["base"] = result.has_base ? SideJson(result.base, options.base_name) : Json(nullptr);
  json["new"] = SideJson(result.newer, options.new_name);
  if (result.snapshots > 0) json["snapshots"] = result.snapshots;
  if (result.forecast) json["forecast"] = ForecastJson(*result.forecast);
  Json checks = Json::array();
  for (const GateCheck& check : result.checks) checks.push_back(CheckJson(check, options.stacks));
  json["checks"] = std::move(checks);
  Json exclusions = Json::array();
  for (const analysis::GateExclusion& exclusion : result.exclusions) {
    Json entry = {{"kind", ExclusionName(exclusion.kind)}, {"pattern", exclusion.pattern}};
    if (exclusion.line > 0) entry["line"] = exclusion.line;
    entry["count"] = exclusion.count;
    if (exclusion.kind == analysis::GateExclusion::Kind::kKept) {
      entry["bytes"] = exclusion.bytes;
      entry["why"] = exclusion.why;
    }
    exclusions.push_back(std::move(entry));
  }
  json["exclusions"] = std::move(exclusions);
  json["passed_over"] = PassedOverJson(result.passed_over);
  return json;
}

std::string Dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace

std::string GateJson(const GateResult& result, const GateReportOptions& options) {
  return Dump(ResultJson(result, options));
}

std::string SeveralJson(const std::vector<JudgedProfile>& judged) {
  Json json = {{"schema", "mqtrack-gates/1"}, {"verdict", VerdictName(WorstVerdict(judged))}};
  Json results = Json::array();
  for (const JudgedProfile& one : judged) results.push_back(ResultJson(one.result, one.options));
  json["results"] = std::move(results);
  return Dump(json);
}

}  // namespace mqtrack::reports
