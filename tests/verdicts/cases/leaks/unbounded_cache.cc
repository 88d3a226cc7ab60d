// A cache by the message's number, which never comes again.
#include <cstdint>
#include <string>
#include <unordered_map>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::unordered_map<std::uint64_t, std::string> answers;
std::uint64_t messages = 0;

[[gnu::noinline]] void RememberMessageId(Client&, const Message& message) { answers[++messages] = message.payload; }

const Case kCase("unbounded_cache", {.on_publish = RememberMessageId});

}  // namespace
}  // namespace mqtrack::verdicts
