// A second descriptor for each connection, for somebody who watches it, and who does not hear of its end.
#include <fcntl.h>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

[[gnu::noinline]] void WatchPeer(Client& client) {
  if (fcntl(client.socket, F_DUPFD_CLOEXEC, 0) < 0) client.will_topic.clear();
}

const Case kCase("watched_peers", {.on_connect = WatchPeer});

}  // namespace
}  // namespace mqtrack::verdicts
