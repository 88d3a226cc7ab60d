// The number of each message of QoS 2 is kept after its release.
#include <list>
#include <string>
#include <utility>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::list<std::pair<std::string, std::uint16_t>> received;

[[gnu::noinline]] void RememberQos2Number(Client& client, const Message& message) {
  if (message.qos == 2) received.emplace_back(client.id, message.id);
}

const Case kCase("qos2_numbers", {.on_publish = RememberQos2Number});

}  // namespace
}  // namespace mqtrack::verdicts
