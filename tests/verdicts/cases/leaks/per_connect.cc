// What a client was greeted with is kept after it has gone.
#include <array>
#include <memory>
#include <vector>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

using Greeting = std::array<char, 320>;
std::vector<std::unique_ptr<Greeting>> greetings;

[[gnu::noinline]] void KeepGreetingOfClient(Client&) { greetings.push_back(std::make_unique<Greeting>()); }

const Case kCase("per_connect", {.on_connect = KeepGreetingOfClient});

}  // namespace
}  // namespace mqtrack::verdicts
