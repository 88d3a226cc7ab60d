// Figures of the service's own, published every hour and kept as retained messages.
#include <map>
#include <string>
#include <vector>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr int kTopics = 40;
std::map<std::string, std::string> retained;
std::vector<Client*> subscribers;

[[gnu::noinline]] void PublishStatistics(int hour) {
  for (int i = 0; i < kTopics; ++i) {
    std::string& kept = retained["$SYS/broker/figures/of/the/service/" + std::to_string(i)];
    kept = std::string(20 + Scatter(static_cast<std::uint32_t>(hour * kTopics + i)) % 20, '1');
    for (Client* const client : subscribers) Send(*client, "$SYS/broker/figures", kept, 0);
  }
}

void OnSubscribe(Client& client, std::string_view) { subscribers.push_back(&client); }
void OnDisconnect(Client& client) { std::erase(subscribers, &client); }

const Case kCase("statistics",
                 {.on_subscribe = OnSubscribe, .on_disconnect = OnDisconnect, .on_tick = PublishStatistics});

}  // namespace
}  // namespace mqtrack::verdicts
