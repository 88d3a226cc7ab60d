// Workers are started as they are needed, six at most.
#include <semaphore>
#include <thread>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr int kWorkers = 6;
std::counting_semaphore<> work(0);
int workers = 0;

[[gnu::noinline]] void StartPoolWorker() {
  std::thread([] { work.acquire(); }).detach();
}

void GrowThreadPool(int hour) {
  if (hour % 3 != 0 || workers == kWorkers) return;
  ++workers;
  StartPoolWorker();
}

const Case kCase("thread_pool", {.on_tick = GrowThreadPool});

}  // namespace
}  // namespace mqtrack::verdicts
