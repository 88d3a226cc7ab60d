// A session holds a closure that holds the session.
#include <functional>
#include <memory>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

struct Session {
  std::string name;
  std::function<void()> when_closed;
};

[[gnu::noinline]] void MakeSessionThatOwnsItself(Client& client) {
  const auto session = std::make_shared<Session>();
  session->name = "the session of " + client.id;
  session->when_closed = [session] { session->name.clear(); };
}

const Case kCase("closure_cycle", {.on_connect = MakeSessionThatOwnsItself});

}  // namespace
}  // namespace mqtrack::verdicts
