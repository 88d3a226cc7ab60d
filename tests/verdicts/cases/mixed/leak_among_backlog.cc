// A client is away and its queue grows until it comes and fetches all; besides, something is kept of each message for
// nobody.
#include <deque>
#include <list>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::string absent, filter;
std::deque<std::string> queue;
std::list<std::string> samples;

[[gnu::noinline]] void QueueForAbsentClient(const Message& message) { queue.emplace_back(message.payload); }
[[gnu::noinline]] void KeepSampleForNobody(const Message& message) {
  samples.emplace_back("a sample of what was said on ").append(message.topic);
}

void OnPublish(Client&, const Message& message) {
  if (message.topic == filter) QueueForAbsentClient(message);
  KeepSampleForNobody(message);
}
void OnSubscribe(Client& client, std::string_view wanted) {
  if (client.is_clean) return;
  absent = client.id;
  filter = wanted;
}
void OnConnect(Client& client) {
  if (client.id != absent) return;
  for (const std::string& payload : queue) Send(client, filter, payload, 1);
}
void OnAcknowledge(Client&, std::uint16_t) {
  if (!queue.empty()) queue.pop_front();
}

const Case kCase("leak_among_backlog", {.on_connect = OnConnect,
                                        .on_publish = OnPublish,
                                        .on_acknowledge = OnAcknowledge,
                                        .on_subscribe = OnSubscribe});

}  // namespace
}  // namespace mqtrack::verdicts
