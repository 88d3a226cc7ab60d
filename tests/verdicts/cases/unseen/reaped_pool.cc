// A pool whose connections are opened as they are needed, and closed when they have been idle for some hours.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <vector>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

struct Pooled {
  std::array<int, 2> sockets;
  int used = 0;  // hour
};
std::vector<Pooled> pool;

[[gnu::noinline]] void OpenPooled(int hour) {
  Pooled pooled{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pooled.sockets.data()) != 0) return;
  pooled.used = hour;
  pool.push_back(pooled);
}

void OnTick(int hour) {
  constexpr int kIdleHours = 4;
  const std::size_t needed = 2 + Scatter(static_cast<std::uint32_t>(hour)) % 14;
  while (pool.size() < needed) OpenPooled(hour);
  for (std::size_t i = 0; i < needed; ++i) pool[i].used = hour;
  while (!pool.empty() && pool.back().used + kIdleHours < hour) {
    for (const int socket : pool.back().sockets) close(socket);
    pool.pop_back();
  }
}

const Case kCase("reaped_pool", {.on_tick = OnTick});

}  // namespace
}  // namespace mqtrack::verdicts
