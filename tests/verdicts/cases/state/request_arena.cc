// Everything that a message needs lies in an arena, which ends with the message.
#include <memory_resource>
#include <string>
#include <vector>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::size_t words = 0;

[[gnu::noinline]] void ParseInArena(Client&, const Message& message) {
  std::pmr::monotonic_buffer_resource arena(512);
  std::pmr::vector<std::pmr::string> parsed(&arena);
  for (int i = 0; i < 20; ++i) parsed.emplace_back("a word of the message's that is not short").append(message.topic);
  words += parsed.size();
}

const Case kCase("request_arena", {.on_publish = ParseInArena});

}  // namespace
}  // namespace mqtrack::verdicts
