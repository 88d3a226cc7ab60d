// Schema "mqtrack-owners/1": docs/json.md. A field is added there first; one is never renamed within a version.
#include "reports/text/owners_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace mqtrack::reports {

std::string RenderOwnersJson(const OwnersOptions& options) {
  using Json = nlohmann::ordered_json;
  Json json = {{"schema", "mqtrack-owners/1"},
               {"name", options.name},
               {"target", options.process},
               {"look", LookJson(options.look)},
               {"live", {{"bytes", options.bytes}, {"blocks", options.blocks}}},
               {"notes", options.notes},
               {"owners", Json::array()}};
  const std::size_t shown = options.rows == 0 ? options.owners.size() : std::min(options.rows, options.owners.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const OwnerRow& owner = options.owners[i];
    json["owners"].push_back({{"kind", owner.kind},
                              {"name", owner.name},
                              {"bytes", owner.bytes},
                              {"blocks", owner.blocks},
                              {"bytes_by_all", owner.bytes_by_all},
                              {"blocks_by_all", owner.blocks_by_all}});
  }
  json["omitted_owners"] = options.owners.size() - shown;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mqtrack::reports
