// Answers are remembered for three hours: how many there are follows how busy these were.
#include <deque>
#include <string>
#include <utility>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr int kHours = 3;
std::deque<std::pair<int, std::string>> answers;
int now = 0;

[[gnu::noinline]] void RememberForHours(const Message& message) {
  answers.emplace_back(now,
                       std::string("the answer to what was said on ").append(message.topic).append(message.payload));
}
void OnPublish(Client&, const Message& message) { RememberForHours(message); }
void OnTick(int hour) {
  now = hour;
  while (!answers.empty() && answers.front().first + kHours < now) answers.pop_front();
}

const Case kCase("remembered_for_hours", {.on_publish = OnPublish, .on_tick = OnTick});

}  // namespace
}  // namespace mqtrack::verdicts
