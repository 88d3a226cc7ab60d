// What is to be called when a message has been dealt with: nobody ever calls those of messages that need no answer.
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::unordered_map<unsigned, std::function<void()>> callbacks;
unsigned requests = 0;

[[gnu::noinline]] void RegisterCallback(const Message& message) {
  auto context = std::make_shared<std::string>("what was asked for on ");
  context->append(message.topic);
  callbacks.emplace(++requests, [context, answer = std::string(40, 'a')] { (void)answer.size(); });
}

void OnPublish(Client&, const Message& message) {
  RegisterCallback(message);
  if (requests % 3 == 0) callbacks.erase(requests);
}

const Case kCase("callbacks", {.on_publish = OnPublish});

}  // namespace
}  // namespace mqtrack::verdicts
