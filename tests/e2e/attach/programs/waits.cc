// Threads that wait in every way there is, with and without a limit, and one that computes with vector registers. A
// wait that ends early or fails, although nothing happened and no signal came, is reported and ends the program with 1.
//
// Answers each line of standard input with "alive"; ends at its end. With an argument, epoll_wait may end with EINTR:
// the kernel does that to every thread that was stopped, and a tracer that is killed cannot make up for it.
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr int kLimitMs = 3000;

bool tracer_may_die = false;
int event = -1;  // nothing ever happens to it, until the end

[[noreturn]] void Report(const char* what, long answer, int error) {
  std::printf("%s ended with %ld, %s\n", what, answer, std::strerror(error));
  std::fflush(stdout);
  std::_Exit(1);
}

// Without a limit: ends when the event comes.
void WaitForEvent(const char* what, long (*wait)()) {
  const long answer = wait();
  if (answer <= 0) Report(what, answer, errno);
}

// With a limit: must take that long, and say that nothing came.
void WaitForLimit(const char* what, long (*wait)()) {
  for (int i = 0; i < 1000000; ++i) {
    pollfd over{event, POLLIN, 0};
    if (::poll(&over, 1, 0) > 0) return;
    const Clock::time_point start = Clock::now();
    const long answer = wait();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
    if (answer < 0 || (answer == 0 && took < kLimitMs - 1)) Report(what, answer, errno);
  }
}

long Epoll(int limit_ms) {
  const int set = ::epoll_create1(0);
  epoll_event wanted{EPOLLIN, {}}, found{};
  ::epoll_ctl(set, EPOLL_CTL_ADD, event, &wanted);
  long answer = 0;
  do {
    answer = ::epoll_wait(set, &found, 1, limit_ms);
  } while (answer < 0 && errno == EINTR && tracer_may_die);
  const int error = errno;
  ::close(set);
  errno = error;
  return answer;
}
long Poll(int limit_ms) {
  pollfd wanted{event, POLLIN, 0};
  return ::poll(&wanted, 1, limit_ms);
}
long Select(timeval* limit) {
  fd_set wanted;
  FD_ZERO(&wanted);
  FD_SET(event, &wanted);
  return ::select(event + 1, &wanted, nullptr, nullptr, limit);
}

sem_t never;
long Semaphore() {
  timespec until{};
  ::clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += kLimitMs / 1000;
  const int answer = ::sem_timedwait(&never, &until);
  return answer != 0 && errno == ETIMEDOUT ? 0 : -1;
}

/// Sixteen lanes of numbers, kept in vector registers as far as the compiler can, are advanced and compared.
void Compute() {
  for (;;) {
    double lanes[16], other[16];
    for (int i = 0; i < 16; ++i) lanes[i] = other[i] = i + 0.5;
    for (int round = 0; round < 100000; ++round) {
      for (int i = 0; i < 16; ++i) lanes[i] = lanes[i] * 1.0000001 + 0.25;
      for (int i = 0; i < 16; ++i) other[i] = other[i] * 1.0000001 + 0.25;
    }
    if (std::memcmp(lanes, other, sizeof lanes) != 0) Report("a computation", 0, 0);
  }
}

}  // namespace

int main(int count, char**) {
  tracer_may_die = count > 1;
  event = ::eventfd(0, 0);
  ::sem_init(&never, 0, 0);
  std::vector<std::thread> threads;
  threads.emplace_back(WaitForEvent, "epoll_wait", [] { return Epoll(-1); });
  threads.emplace_back(WaitForEvent, "poll", [] { return Poll(-1); });
  threads.emplace_back(WaitForEvent, "select", [] { return Select(nullptr); });
  threads.emplace_back(WaitForLimit, "epoll_wait with a limit", [] { return Epoll(kLimitMs); });
  threads.emplace_back(WaitForLimit, "poll with a limit", [] { return Poll(kLimitMs); });
  threads.emplace_back(WaitForLimit, "nanosleep", [] {
    timespec limit{kLimitMs / 1000, 0}, rest{};
    return static_cast<long>(::nanosleep(&limit, &rest));
  });
  threads.emplace_back(WaitForLimit, "sem_timedwait", Semaphore);
  std::thread(Compute).detach();
  std::printf("ready\n");
  std::fflush(stdout);
  char line[64];
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    std::printf("alive\n");
    std::fflush(stdout);
  }
  const std::uint64_t one = 1;
  if (::write(event, &one, sizeof one) != sizeof one) return 1;
  for (std::thread& thread : threads) thread.join();
  std::printf("all waits ended well\n");
  std::fflush(stdout);
  std::_Exit(0);
}
