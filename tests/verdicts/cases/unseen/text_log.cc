// A log that is one string: without a bound, and cut at the front when it is too long.
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::string text;

[[gnu::noinline]] void AppendToTextLog(const Message& message) {
  text.append("a message came on ").append(message.topic).push_back('\n');
}
void Append(Client&, const Message& message) { AppendToTextLog(message); }
void AppendAndCut(Client&, const Message& message) {
  constexpr std::size_t kMost = 12000;
  AppendToTextLog(message);
  if (text.size() > kMost) text.erase(0, kMost / 2);
}

const Case kEndless("text_log", {.on_publish = Append});
const Case kCut("text_log_cut", {.on_publish = AppendAndCut});

}  // namespace
}  // namespace mqtrack::verdicts
