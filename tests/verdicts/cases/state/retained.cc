// The last message of each topic, until it is replaced or cleared.
#include <map>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::map<std::string, std::string, std::less<>> retained;

[[gnu::noinline]] void StoreRetained(std::string_view topic, std::string_view payload) {
  retained.insert_or_assign(std::string(topic), std::string(payload));
}

void Retain(Client&, const Message& message) {
  if (!message.is_retained) return;
  if (!message.payload.empty()) return StoreRetained(message.topic, message.payload);
  const auto found = retained.find(message.topic);
  if (found != retained.end()) retained.erase(found);
}

const Case kCase("retained", {.on_publish = Retain});

}  // namespace
}  // namespace mqtrack::verdicts
