// Clients with sessions subscribe again whenever they come back, and each time is kept.
#include <list>
#include <map>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::map<std::string, std::list<std::string>> subscriptions;

[[gnu::noinline]] void AddSubscriptionAgain(Client& client, std::string_view filter) {
  subscriptions[client.id].emplace_back(filter);
}

const Case kCase("subscription_per_reconnect", {.on_subscribe = AddSubscriptionAgain});

}  // namespace
}  // namespace mqtrack::verdicts
