// What belongs to a client while it is connected: what is known of it, its will, a timer.
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <map>
#include <memory>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

struct Context {
  std::array<char, 400> state;
  std::string will;
  int timer = -1;
};
std::map<std::string, std::unique_ptr<Context>, std::less<>> contexts;

[[gnu::noinline]] Context& KeepContext(Client& client) { return *(contexts[client.id] = std::make_unique<Context>()); }
[[gnu::noinline]] void StoreWill(Context& context, Client& client) {
  context.will = client.will_topic + " will have: " + client.will_payload;
}
[[gnu::noinline]] void ArmClientTimer(Context& context) {
  context.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
}

void Welcome(Client& client) {
  Context& context = KeepContext(client);
  if (!client.will_topic.empty()) StoreWill(context, client);
}
void WelcomeWithTimer(Client& client) { ArmClientTimer(KeepContext(client)); }
void Forget(Client& client) {
  const auto found = contexts.find(client.id);
  if (found == contexts.end()) return;
  if (found->second->timer >= 0) close(found->second->timer);
  contexts.erase(found);
}

const Case kConnectedClients("connected_clients", {.on_connect = Welcome, .on_disconnect = Forget});
const Case kTimedClients("timed_clients", {.on_connect = WelcomeWithTimer, .on_disconnect = Forget});

}  // namespace
}  // namespace mqtrack::verdicts
