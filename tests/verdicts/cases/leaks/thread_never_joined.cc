// A thread each hour that ends at once; nobody joins it.
#include <pthread.h>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

void* DoNothing(void*) { return nullptr; }

[[gnu::noinline]] void StartWorkerAndForget(int) {
  pthread_t worker;
  if (pthread_create(&worker, nullptr, DoNothing, nullptr) != 0) return;
}

const Case kCase("thread_never_joined", {.on_tick = StartWorkerAndForget});

}  // namespace
}  // namespace mqtrack::verdicts
