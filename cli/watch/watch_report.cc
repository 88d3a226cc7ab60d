#include "cli/watch/watch_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/watch/watch_table.h"
#include "libtrack/analysis/printable.h"
#include "libtrack/support/units.h"
#include "reports/words/fit_names.h"
#include "reports/words/wording.h"

namespace mqtrack::cli {
namespace {

using Json = nlohmann::ordered_json;

/// The sites of the first resource, biggest growth first.
support::Result<analysis::SiteTable> Sites(const WatchedProcess& process, const analysis::WrapperList& wrappers) {
  const std::string type = process.resources.empty() ? std::string() : process.resources.front().type.type;
  return MakeWatchTable(*process.first, *process.newest, type, WatchGroups().front(), WatchSort::kGrowth, wrappers);
}

std::string ResourceText(const WatchedResource& resource) {
  std::string text = reports::TypeInWords(resource.type.type, resource.Now()) + " " +
                     support::FormatValue(resource.Now(), resource.type.unit) + " (" +
                     support::FormatSignedValue(resource.Growth(), resource.type.unit);
  if (const std::optional<std::int64_t> rate = resource.PerHour())
    text += ", " + support::FormatSignedValue(*rate, resource.type.unit) + "/h";
  return text + ")";
}

std::string ProcessText(const WatchedProcess& process, const analysis::WrapperList& wrappers) {
  std::string text = analysis::Printable(process.name);
  if (process.pid > 0) text += " " + std::to_string(process.pid);
  text += " " + process.state;
  if (!process.error.empty()) text += ": " + analysis::Printable(process.error);
  if (process.newest == nullptr || !process.is_current) return text;
  for (const WatchedResource& resource : process.resources) {
    if (resource.Now() == 0 && resource.Growth() == 0 && &resource != &process.resources.front()) continue;
    text += (&resource == &process.resources.front() ? ": " : ", ") + analysis::Printable(ResourceText(resource));
  }
  text += "; " + VerdictWords(process);
  if (process.side.losses != 0) text += "; " + support::FormatCount(process.side.losses) + " events missed";
  const support::Result<analysis::SiteTable> table = Sites(process, wrappers);
  if (!table || table->sites.empty() || table->sites.front().growth() <= 0) return text;
  const analysis::Site& most = table->sites.front();
  return text + "; most: " + reports::ShortName(most.function, reports::kWidestNameInSentence) + " " +
         support::FormatSignedValue(most.growth(), table->value_type.unit);
}

Json ResourceJson(const WatchedResource& resource) {
  const std::optional<std::int64_t> rate = resource.PerHour();
  return {{"sample_type", resource.type.type},
          {"unit", resource.type.unit},
          {"value", resource.Now()},
          {"growth", resource.Growth()},
          {"per_hour", rate ? Json(*rate) : Json(nullptr)}};
}

Json VerdictsJson(const WatchedProcess& process) {
  if (!process.verdicts) return nullptr;
  Json json = Json::object();
  for (std::size_t i = 0; i < verdicts::kVerdicts; ++i)
    json[std::string(verdicts::VerdictName(static_cast<verdicts::Verdict>(i)))] = process.verdicts->counts[i];
  return json;
}

Json SitesJson(const WatchedProcess& process, const analysis::WrapperList& wrappers, std::size_t most) {
  Json json = Json::array();
  if (process.newest == nullptr) return json;
  const support::Result<analysis::SiteTable> table = Sites(process, wrappers);
  if (!table) return json;
  for (std::size_t i = 0; i < std::min(most, table->sites.size()); ++i) {
    const analysis::Site& site = table->sites[i];
    const std::string verdict = VerdictOf(process, table->value_type.type, site);
    json.push_back({{"function", site.function},
                    {"file", site.file},
                    {"line", site.line},
                    {"value", site.value},
                    {"growth", site.growth()},
                    {"verdict", verdict.empty() ? Json(nullptr) : Json(verdict)}});
  }
  return json;
}

Json ProcessJson(const WatchedProcess& process, const analysis::WrapperList& wrappers, std::size_t sites) {
  Json json = {{"name", process.name},
               {"pid", process.pid > 0 ? Json(process.pid) : Json(nullptr)},
               {"target", process.target},
               {"state", process.state},
               {"error", process.error},
               {"is_current", process.is_current},
               {"generation", process.side.generation >= 0 ? Json(process.side.generation) : Json(nullptr)},
               {"losses", process.newest != nullptr ? Json(process.side.losses) : Json(nullptr)},
               {"sample_types", Json::array()},
               {"verdicts", VerdictsJson(process)},
               {"sites", SitesJson(process, wrappers, sites)}};
  for (const WatchedResource& resource : process.resources) json["sample_types"].push_back(ResourceJson(resource));
  return json;
}

}  // namespace

std::string WatchText(const WatchRound& round, const analysis::WrapperList& wrappers) {
  std::string time = support::FormatUtc(round.time_ns);
  time = time.substr(0, time.rfind(' '));
  std::string text;
  for (const WatchedProcess& process : round.processes) text += time + " " + ProcessText(process, wrappers) + "\n";
  if (!round.problem.empty()) text += time + " " + analysis::Printable(round.problem) + "\n";
  if (text.empty()) text = time + " no recorded process\n";
  return text;
}

std::string WatchJson(const WatchRound& round, const analysis::WrapperList& wrappers, std::size_t sites) {
  Json json = {{"schema", "mqtrack-watch/1"},
               {"time_nanos", round.time_ns},
               {"look_ms", round.cost_ms},
               {"problem", round.problem},
               {"processes", Json::array()}};
  for (const WatchedProcess& process : round.processes)
    json["processes"].push_back(ProcessJson(process, wrappers, sites));
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mqtrack::cli
