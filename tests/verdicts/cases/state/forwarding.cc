// Messages are sent on to whoever has subscribed, and nothing is kept of them but what a slow reader's socket has no
// room for.
#include <string>
#include <vector>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

struct Subscriber {
  Client* client;
  std::string filter;
};
std::vector<Subscriber> subscribers;

void OnSubscribe(Client& client, std::string_view filter) { subscribers.push_back({&client, std::string(filter)}); }
void OnDisconnect(Client& client) {
  std::erase_if(subscribers, [&](const Subscriber& subscriber) { return subscriber.client == &client; });
}
void OnPublish(Client&, const Message& message) {
  for (const Subscriber& subscriber : subscribers)
    if (subscriber.filter == message.topic) Send(*subscriber.client, message.topic, message.payload, 0);
}

const Case kCase("forwarding", {.on_publish = OnPublish, .on_subscribe = OnSubscribe, .on_disconnect = OnDisconnect});

}  // namespace
}  // namespace mqtrack::verdicts
