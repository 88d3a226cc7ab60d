// Threads that are known to be somewhere: each waits in a function of its own, under a name of its own.
//
//   many_threads N      one thread of every kind, and N that wait for a condition
#include <pthread.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace {

pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t never = PTHREAD_COND_INITIALIZER;
std::atomic<bool> is_held{false};
std::atomic<unsigned long> turns{0};

}  // namespace

extern "C" {

[[gnu::noinline]] void WaitForCondition() {
  ::pthread_mutex_lock(&mutex);
  for (;;) ::pthread_cond_wait(&never, &mutex);
}

[[gnu::noinline]] void ReadFromPipe() {
  int pipe[2];
  char byte = 0;
  if (::pipe(pipe) != 0) std::abort();
  while (::read(pipe[0], &byte, 1) != 0) turns.fetch_add(1);
}

[[gnu::noinline]] void WaitForEvents() {
  const int epoll = ::epoll_create1(0);
  epoll_event event{};
  // An interruption must not be seen: a service may take it for the end.
  while (::epoll_wait(epoll, &event, 1, -1) < 0) {
    std::puts("interrupted");
    std::fflush(stdout);
  }
}

[[gnu::noinline]] void SleepLong() {
  const timespec day{86400, 0};
  ::nanosleep(&day, nullptr);
  std::abort();
}

[[gnu::noinline]] void SpinAround() {
  for (;;) turns.fetch_add(1);
}

[[gnu::noinline]] void HoldTheMutex() {
  ::pthread_mutex_lock(&held);
  is_held = true;
  for (;;) ::pause();
}

[[gnu::noinline]] void WantTheMutex() {
  while (!is_held) ::usleep(1000);
  ::pthread_mutex_lock(&held);
  std::abort();
}

[[gnu::noinline]] void EndSoon() { turns.fetch_add(1); }

}  // extern "C"

namespace {

struct Start {
  const char* name;
  void (*function)();
};

void* Run(void* argument) {
  const auto* start = static_cast<const Start*>(argument);
  ::pthread_setname_np(::pthread_self(), start->name);
  start->function();
  return nullptr;
}

pthread_t Begin(const Start& start) {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, 128 * 1024);
  pthread_t thread{};
  if (::pthread_create(&thread, &attributes, &Run, const_cast<Start*>(&start)) != 0) std::abort();
  ::pthread_attr_destroy(&attributes);
  return thread;
}

}  // namespace

int main(int argc, char** argv) {
  static const Start kOnes[] = {{"reader", &ReadFromPipe}, {"poller", &WaitForEvents}, {"sleeper", &SleepLong},
                                {"spinner", &SpinAround},  {"holder", &HoldTheMutex},  {"wanter", &WantTheMutex}};
  static const Start kMany = {"worker", &WaitForCondition};
  static const Start kShort = {"short", &EndSoon};
  for (const Start& start : kOnes) Begin(start);
  const int count = argc > 1 ? std::atoi(argv[1]) : 1;
  for (int i = 0; i < count; ++i) Begin(kMany);
  std::puts("ready");
  std::fflush(stdout);
  for (;;) {  // threads that end while somebody looks
    ::pthread_join(Begin(kShort), nullptr);
    ::usleep(200);
  }
}
