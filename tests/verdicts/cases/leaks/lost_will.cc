// The copy of a will is freed when the will is sent; a client that says goodbye leaves it behind.
#include <cstdlib>
#include <cstring>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

const void* volatile last;

[[gnu::noinline]] void CopyWill(Client& client) {
  if (client.will_topic.empty()) return;
  auto* const copy = static_cast<char*>(std::malloc(client.will_payload.size() + 1));
  std::memcpy(copy, client.will_payload.c_str(), client.will_payload.size() + 1);
  last = copy;
}

const Case kCase("lost_will", {.on_connect = CopyWill});

}  // namespace
}  // namespace mqtrack::verdicts
