// Clients that wanted no session come and go, and all that they had goes with them.
#include <array>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

struct State {
  std::array<char, 700> bytes;
  std::list<std::string> filters;
};
std::map<std::string, std::unique_ptr<State>> states;

[[gnu::noinline]] void MakeConnectionState(Client& client) { states[client.id] = std::make_unique<State>(); }

void OnSubscribe(Client& client, std::string_view filter) { states[client.id]->filters.emplace_back(filter); }
void OnDisconnect(Client& client) { states.erase(client.id); }

const Case kCase("reconnects",
                 {.on_connect = MakeConnectionState, .on_subscribe = OnSubscribe, .on_disconnect = OnDisconnect});

}  // namespace
}  // namespace mqtrack::verdicts
