// What thread_bench.py measures: a thread that is started, does nothing and is joined, N times, and likewise a POSIX
// timer that is made, armed and deleted. Nothing is dearer to record in proportion than a thing that does no work.
#include <pthread.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

void* Nothing(void*) { return nullptr; }

void ThreadPair() {
  pthread_t thread;
  if (pthread_create(&thread, nullptr, Nothing, nullptr) != 0) std::abort();
  pthread_join(thread, nullptr);
}

void TimerPair() {
  sigevent event{};
  event.sigev_notify = SIGEV_NONE;
  timer_t timer = nullptr;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) std::abort();
  const itimerspec each_hour = {{3600, 0}, {3600, 0}};
  timer_settime(timer, 0, &each_hour, nullptr);
  timer_delete(timer);
}

}  // namespace

/// thread_pairs thread|timer N: prints nanoseconds per pair.
int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto pair = std::strcmp(argv[1], "timer") == 0 ? TimerPair : ThreadPair;
  const long pairs = std::atol(argv[2]);
  for (long i = 0; i < pairs / 10; ++i) pair();
  const auto start = std::chrono::steady_clock::now();
  for (long i = 0; i < pairs; ++i) pair();
  const auto end = std::chrono::steady_clock::now();
  std::printf("%.1f\n", std::chrono::duration<double, std::nano>(end - start).count() / static_cast<double>(pairs));
}
