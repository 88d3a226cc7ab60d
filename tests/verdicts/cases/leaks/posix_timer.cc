// A timer of POSIX for each connection, which stays when the connection ends.
#include <csignal>
#include <ctime>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

[[gnu::noinline]] void CreateSessionTimer(Client&) {
  sigevent event{};
  event.sigev_notify = SIGEV_NONE;
  timer_t timer;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return;
}

const Case kCase("posix_timer", {.on_connect = CreateSessionTimer});

}  // namespace
}  // namespace mqtrack::verdicts
