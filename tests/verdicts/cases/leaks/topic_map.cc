// The names of topics in a map of all that were ever seen; each message has a topic of its own.
#include <map>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::map<std::string, int, std::less<>> topics;

[[gnu::noinline]] void InternTopic(Client&, const Message& message) {
  if (topics.find(message.topic) == topics.end()) topics.emplace(message.topic, 0);
}

const Case kCase("topic_map", {.on_publish = InternTopic});

}  // namespace
}  // namespace mqtrack::verdicts
