// Connections to something behind the service. They are used again, and more are opened when more are needed at once.
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr unsigned kMost = 12;
struct Upstream {
  std::array<int, 2> sockets;
  std::array<char, 2000> buffer;
};
std::vector<std::unique_ptr<Upstream>> pool;

[[gnu::noinline]] void OpenUpstream() {
  auto upstream = std::make_unique<Upstream>();
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, upstream->sockets.data()) == 0)
    pool.push_back(std::move(upstream));
}

void UsePool(int hour) {
  const std::size_t needed = 1 + static_cast<unsigned>(hour) * 7 % kMost;
  while (pool.size() < needed) OpenUpstream();
}

const Case kCase("connection_pool", {.on_tick = UsePool});

}  // namespace
}  // namespace mqtrack::verdicts
