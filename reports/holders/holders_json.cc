// Schema "mqtrack-holders/1": docs/json.md. A field is added there first; one is never renamed within a version.
#include "reports/holders/holders_json.h"

#include <nlohmann/json.hpp>

#include "libtrack/profile/fact.h"
#include "reports/holders/holder_tree.h"

namespace mqtrack::reports {

support::Result<std::string> RenderHoldersJson(const profile::Profile& profile, const std::string& name) {
  using Json = nlohmann::ordered_json;
  const support::Result<HolderTree> tree = BuildHolderTree(profile);
  if (!tree) return tree.error();
  Json json = {{"schema", "mqtrack-holders/1"},
               {"name", name},
               {"target", profile::FindFact(profile, "target").value_or(std::string())},
               {"time_nanos", profile.time_nanos},
               {"live", {{"bytes", tree->total.bytes}, {"blocks", tree->total.blocks}}},
               {"notes", profile::FindFacts(profile, "note")},
               {"holders", Json::array()}};
  for (const HolderBox& box : tree->boxes) {
    Json makers = Json::array();
    for (const auto& [maker, amount] : box.made_by) {
      makers.push_back({{"function", maker.function},
                        {"file", maker.file},
                        {"line", maker.line},
                        {"bytes", amount.bytes},
                        {"blocks", amount.blocks}});
    }
    json["holders"].push_back({{"held_by", box.parent == kNoParent ? Json() : Json(box.parent)},
                               {"kind", box.kind.empty() ? "object" : box.kind},
                               {"name", box.name},
                               {"bytes", box.own.bytes},
                               {"blocks", box.own.blocks},
                               {"held_bytes", box.held.bytes},
                               {"held_blocks", box.held.blocks},
                               {"made_by", std::move(makers)}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mqtrack::reports
