// The last lines of a log.
#include <array>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::array<std::string, 200> lines;
std::uint32_t messages = 0;

[[gnu::noinline]] void AppendToLogRing(Client& client, const Message& message) {
  std::string line = client.id + " on " + std::string(message.topic) + ": ";
  line.resize(60 + Scatter(messages) % 200, '.');
  lines[messages++ % lines.size()] = std::move(line);
}

const Case kCase("log_ring", {.on_publish = AppendToLogRing});

}  // namespace
}  // namespace mqtrack::verdicts
