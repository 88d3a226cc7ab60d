// Schema "mqtrack-lost/1": docs/json.md. A field is added there first; one is never renamed within a version.
#include "reports/text/lost_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "reports/words/json_side.h"
#include "reports/words/json_stack.h"

namespace mqtrack::reports {
namespace {

using Json = nlohmann::ordered_json;

Json LooksJson(const LostOptions& options) {
  Json looks = Json::array();
  for (const LookFacts& look : options.looks) looks.push_back(LookJson(look));
  return looks;
}

}  // namespace

std::string RenderLostJson(const analysis::LostTable& lost, const LostOptions& options) {
  Json json = {{"schema", "mqtrack-lost/1"},
               {"verdict", IsBeyondLimits(options) ? "fail" : "pass"},
               {"of", SideJson(lost.table.newer, options.table.new_name)},
               {"looks", LooksJson(options)},
               {"seconds_between", options.seconds_between},
               {"live", {{"bytes", options.live_bytes}, {"blocks", options.live_objects}}},
               {"found_once_blocks", options.found_once}};
  json["lost"] = {{"bytes", lost.table.total},
                  {"blocks", lost.table.objects_total},
                  {"losses", lost.losses},
                  {"rings", lost.rings}};
  json["limits"] = Json::array();
  for (const LostLimit& limit : options.limits) {
    json["limits"].push_back(
        {{"sample_type", limit.type}, {"limit", limit.most}, {"value", limit.value}, {"passed", limit.passed()}});
  }
  json["suppressed_stacks"] = options.suppressed_stacks;
  json["notes"] = options.notes;
  const std::size_t rows = options.table.rows;
  const std::size_t shown = rows == 0 ? lost.sites.size() : std::min(rows, lost.sites.size());
  json["sites"] = Json::array();
  for (std::size_t i = 0; i < shown; ++i) {
    const analysis::LostSite& row = lost.sites[i];
    Json site = {{"function", row.site.function}, {"file", row.site.file},     {"line", row.site.line},
                 {"module", row.site.module},     {"caller", row.site.caller}, {"bytes", row.site.value},
                 {"blocks", row.site.objects},    {"losses", row.losses},      {"rings", row.rings}};
    if (options.table.stacks) site["stack"] = StackJson(lost.table.profile, row.site.stack);
    json["sites"].push_back(std::move(site));
  }
  json["omitted_sites"] = lost.sites.size() - shown;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mqtrack::reports
