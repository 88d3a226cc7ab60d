// A retained message that is cleared leaves its topic in the tree.
#include <map>
#include <memory>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::map<std::string, std::unique_ptr<std::string>, std::less<>> retained;

[[gnu::noinline]] std::unique_ptr<std::string>& FindOrAddTopic(std::string_view topic) {
  const auto found = retained.find(topic);
  return found != retained.end() ? found->second : retained.emplace(topic, nullptr).first->second;
}

void Retain(Client&, const Message& message) {
  if (!message.is_retained) return;
  std::unique_ptr<std::string>& kept = FindOrAddTopic(message.topic);
  kept = message.payload.empty() ? nullptr : std::make_unique<std::string>(message.payload);
}

const Case kCase("cleared_retained", {.on_publish = Retain});

}  // namespace
}  // namespace mqtrack::verdicts
