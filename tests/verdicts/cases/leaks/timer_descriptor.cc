// A timer for each connection, which stays when the connection ends.
#include <sys/timerfd.h>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

volatile int last;

[[gnu::noinline]] void ArmKeepAliveTimer(Client&) { last = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC); }

const Case kCase("timer_descriptor", {.on_connect = ArmKeepAliveTimer});

}  // namespace
}  // namespace mqtrack::verdicts
