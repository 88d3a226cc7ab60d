// A thread each hour that waits for what never comes.
#include <semaphore>
#include <thread>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::counting_semaphore<> work(0);

[[gnu::noinline]] void StartWorkerThatWaits(int) {
  std::thread([] { work.acquire(); }).detach();
}

const Case kCase("thread_blocked", {.on_tick = StartWorkerThatWaits});

}  // namespace
}  // namespace mqtrack::verdicts
