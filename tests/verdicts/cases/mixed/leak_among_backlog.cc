// A client is away and its queue grows; besides, something is kept of each message for nobody.
#include <list>
#include <set>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::set<std::string, std::less<>> filters;
std::list<std::string> queue, samples;

[[gnu::noinline]] void QueueForAbsentClient(const Message& message) { queue.emplace_back(message.payload); }
[[gnu::noinline]] void KeepSampleForNobody(const Message& message) {
  samples.emplace_back("a sample of what was said on ").append(message.topic);
}

void OnPublish(Client&, const Message& message) {
  if (filters.find(message.topic) == filters.end()) return;
  QueueForAbsentClient(message);
  KeepSampleForNobody(message);
}
void OnSubscribe(Client& client, std::string_view filter) {
  if (!client.is_clean) filters.emplace(filter);
}

const Case kCase("leak_among_backlog", {.on_publish = OnPublish, .on_subscribe = OnSubscribe});

}  // namespace
}  // namespace mqtrack::verdicts
