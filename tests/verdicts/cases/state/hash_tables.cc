// Hash tables that are rehashed now and then: over a window of the last messages, and over keys of which there are
// 400.
#include <array>
#include <cstdint>
#include <unordered_map>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr std::uint32_t kWindow = 300, kKeys = 400;
std::unordered_map<std::uint32_t, std::array<char, 64>> index;
std::uint32_t messages = 0;

[[gnu::noinline]] void IndexMessage(std::uint32_t key, std::string_view payload) {
  payload.copy(index[key].data(), 64);
}

void IndexLast(Client&, const Message& message) {
  IndexMessage(messages, message.payload);
  if (messages >= kWindow) index.erase(messages - kWindow);
  ++messages;
}
void IndexKnown(Client&, const Message& message) { IndexMessage(Scatter(messages++) % kKeys, message.payload); }

const Case kHashWindow("hash_window", {.on_publish = IndexLast});
const Case kHashFilling("hash_filling", {.on_publish = IndexKnown});

}  // namespace
}  // namespace mqtrack::verdicts
