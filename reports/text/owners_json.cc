// Schema "mqtrack-owners/1": docs/json.md. A field is added there first; one is never renamed within a version.
#include "reports/text/owners_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace mqtrack::reports {
namespace {

using Json = nlohmann::ordered_json;

Json ClientJson(const ClientRow& client) {
  const auto number = [](const std::optional<std::int64_t>& value) { return value ? Json(*value) : Json(); };
  constexpr std::int64_t kNanos = 1'000'000'000;
  return {{"state", client.state.empty() ? Json() : Json(client.state)},
          {"since_time_nanos", client.since_unix_seconds != 0 ? Json(client.since_unix_seconds * kNanos) : Json()},
          {"messages", number(client.message_blocks)},
          {"queued", number(client.queued)},
          {"inflight", number(client.inflight)},
          {"half_received", number(client.half_received)},
          {"subscriptions", number(client.subscriptions)}};
}

}  // namespace

std::string RenderOwnersJson(const OwnersOptions& options) {
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
    if (owner.kind == "client") json["owners"].back()["client"] = ClientJson(owner.client);
  }
  json["omitted_owners"] = options.owners.size() - shown;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mqtrack::reports
