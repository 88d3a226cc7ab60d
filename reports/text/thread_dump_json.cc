// Schema "mqtrack-threads/1": docs/json.md. A field is added there first; one is never renamed within a version.
#include "reports/text/thread_dump_json.h"

#include <nlohmann/json.hpp>

#include "reports/words/json_side.h"
#include "reports/words/json_stack.h"

namespace mqtrack::reports {
namespace {

using analysis::ThreadGroup;
using analysis::ThreadGroups;
using Json = nlohmann::ordered_json;

Json ThreadsJson(const ThreadGroup& group) {
  Json all = Json::array();
  for (const analysis::ThreadsAlike& threads : group.threads) {
    all.push_back({{"count", threads.count},
                   {"tid", threads.tid == 0 ? Json(nullptr) : Json(threads.tid)},
                   {"name", threads.name},
                   {"state", threads.state},
                   {"waits_for", threads.waits_for},
                   {"waited_nanoseconds", threads.waited_nanos ? Json(*threads.waited_nanos) : Json(nullptr)},
                   {"age_nanoseconds", threads.age_nanos ? Json(*threads.age_nanos) : Json(nullptr)}});
  }
  return all;
}

}  // namespace

std::string RenderThreadsJson(const ThreadGroups& groups, const ThreadDumpOptions& options) {
  Json json = {
      {"schema", "mqtrack-threads/1"},
      {"sample_type", groups.sample_type},
      {"of", SideJson(groups.side, options.name)},
      {"stood_still_nanoseconds", groups.stood_still_nanos < 0 ? Json(nullptr) : Json(groups.stood_still_nanos)},
      {"creation_stacks", groups.creation_stacks},
      {"threads", groups.total}};
  Json all = Json::array();
  for (const ThreadGroup& group : groups.groups) {
    all.push_back(
        {{"count", group.count}, {"threads", ThreadsJson(group)}, {"stack", StackJson(groups.profile, group.stack)}});
  }
  json["groups"] = std::move(all);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mqtrack::reports
