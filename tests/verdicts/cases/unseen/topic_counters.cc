// How often something was said on each topic: one counter for each, and there are some hundred topics in all.
#include <cstdint>
#include <map>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr std::uint32_t kGroups = 120;
std::map<std::string, std::uint64_t> counters;
std::uint32_t messages = 0;

[[gnu::noinline]] void CountTopic(const std::string& name) { ++counters[name]; }
void OnPublish(Client&, const Message& message) {
  CountTopic("how often it was said to the group on " + std::string(message.topic) + " " +
             std::to_string(Scatter(++messages) % kGroups));
}

const Case kCase("topic_counters", {.on_publish = OnPublish});

}  // namespace
}  // namespace mqtrack::verdicts
