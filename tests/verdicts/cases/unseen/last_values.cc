// The last value of each device, of which new ones appear until all are known; and who is on line now.
#include <set>
#include <string>
#include <unordered_map>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr std::uint32_t kDevices = 400;
std::unordered_map<std::uint32_t, std::string> values;
std::set<std::string> online;
std::uint32_t messages = 0;

[[gnu::noinline]] void KeepLastValue(std::uint32_t device, const Message& message) {
  values[device] = std::string("the last that was heard: ").append(message.payload);
}
[[gnu::noinline]] void MarkOnline(const Client& client) { online.insert("on line now is the client " + client.id); }

void OnPublish(Client&, const Message& message) { KeepLastValue(Scatter(++messages) % kDevices, message); }
void OnConnect(Client& client) { MarkOnline(client); }
void OnDisconnect(Client& client) { online.erase("on line now is the client " + client.id); }

const Case kCase("last_values", {.on_connect = OnConnect, .on_publish = OnPublish, .on_disconnect = OnDisconnect});

}  // namespace
}  // namespace mqtrack::verdicts
