// Messages on their way, kept until they are acknowledged or released: to a client that reads and never acknowledges,
// and from one that never releases.
#include <map>
#include <string>
#include <utility>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::map<std::pair<std::string, std::uint16_t>, std::string> unacknowledged, unreleased;
Client* subscriber = nullptr;

[[gnu::noinline]] void HoldUntilAcknowledged(std::uint16_t id, std::string_view payload) {
  unacknowledged[{subscriber->id, id}] = payload;
}
[[gnu::noinline]] void HoldUntilReleased(Client& client, const Message& message) {
  unreleased[{client.id, message.id}] = message.payload;
}

void OnSubscribe(Client& client, std::string_view filter) {
  if (filter == "orders") subscriber = &client;
}
void OnDisconnect(Client& client) {
  if (subscriber == &client) subscriber = nullptr;
}
void OnPublish(Client& client, const Message& message) {
  if (message.qos == 2) HoldUntilReleased(client, message);
  if (subscriber != nullptr && message.topic == "orders")
    HoldUntilAcknowledged(Send(*subscriber, message.topic, message.payload, 1), message.payload);
}
void OnRelease(Client& client, std::uint16_t id) { unreleased.erase({client.id, id}); }
void OnAcknowledge(Client& client, std::uint16_t id) { unacknowledged.erase({client.id, id}); }

const Case kCase("inflight", {.on_publish = OnPublish,
                              .on_release = OnRelease,
                              .on_acknowledge = OnAcknowledge,
                              .on_subscribe = OnSubscribe,
                              .on_disconnect = OnDisconnect});

}  // namespace
}  // namespace mqtrack::verdicts
