// What was known of a client stays when the client, which wanted no session, has gone.
#include <array>
#include <list>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

struct Gone {
  std::string name;
  std::array<char, 160> state;
};
std::list<Gone> gone;

[[gnu::noinline]] void KeepGoneClient(Client& client) { gone.push_back({"the client " + client.id, {}}); }

const Case kCase("gone_clients", {.on_disconnect = KeepGoneClient});

}  // namespace
}  // namespace mqtrack::verdicts
