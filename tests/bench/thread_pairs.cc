// What thread_bench.py measures: a thread that is started, does nothing and is joined, N times, and likewise a POSIX
// timer that is made, armed and deleted, and 64 KiB that are mapped, touched once and unmapped, alone or among 10,000
// other mappings. Nothing is dearer to record in proportion than a thing that does no work.
#include <pthread.h>
#include <sys/mman.h>

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

void* MapPages(std::size_t bytes, int protection) {
  void* memory = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  return memory;
}
void MappingPair() {
  constexpr std::size_t kBytes = 64 * 1024;
  auto* memory = static_cast<volatile char*>(MapPages(kBytes, PROT_READ | PROT_WRITE));
  memory[0] = 1;
  munmap(const_cast<char*>(memory), kBytes);
}
/// Neighbours differ in what may be done with them, so the kernel too keeps them apart.
void MapOthers() {
  for (int i = 0; i < 10'000; ++i) MapPages(4096, i % 2 == 0 ? PROT_READ : PROT_READ | PROT_WRITE);
}

}  // namespace

/// thread_pairs thread|timer|mapping|mapping-among-others N: prints nanoseconds per pair.
int main(int argc, char** argv) {
  if (argc < 3) return 2;
  auto pair = ThreadPair;
  if (std::strcmp(argv[1], "timer") == 0) pair = TimerPair;
  if (std::strncmp(argv[1], "mapping", 7) == 0) pair = MappingPair;
  if (std::strcmp(argv[1], "mapping-among-others") == 0) MapOthers();
  const long pairs = std::atol(argv[2]);
  for (long i = 0; i < pairs / 10; ++i) pair();
  const auto start = std::chrono::steady_clock::now();
  for (long i = 0; i < pairs; ++i) pair();
  const auto end = std::chrono::steady_clock::now();
  std::printf("%.1f\n", std::chrono::duration<double, std::nano>(end - start).count() / static_cast<double>(pairs));
}
