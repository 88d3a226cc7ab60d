// Timers of the C library and the kernel, in every state. Each scenario is one word on the command line; it says
// "ready" when it has come to rest, and ends when its standard input does.
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <initializer_list>

static int Ready() {
  puts("ready");
  fflush(stdout);
  char byte;
  while (read(0, &byte, 1) > 0) {
  }
  return 0;
}

static itimerspec Every(long first_ms, long then_ms) {
  return {{then_ms / 1000, then_ms % 1000 * 1000000}, {first_ms / 1000, first_ms % 1000 * 1000000}};
}
static timer_t Make(int notify) {
  sigevent event{};
  event.sigev_notify = notify;
  event.sigev_signo = SIGUSR1;
  event.sigev_notify_function = [](sigval) {};
  timer_t timer = nullptr;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) abort();
  return timer;
}
static void Arm(timer_t timer, long first_ms, long then_ms) {
  const itimerspec when = Every(first_ms, then_ms);
  itimerspec before;
  if (timer_settime(timer, 0, &when, &before) != 0) abort();
}

static int Posix() {
  Make(SIGEV_NONE);                        // never armed
  Arm(Make(SIGEV_SIGNAL), 3600000, 0);     // once
  Arm(Make(SIGEV_THREAD), 3600000, 1000);  // each second
  for (int i = 0; i < 3; ++i) Arm(Make(SIGEV_SIGNAL), 3600000, 1234);
  timer_t disarmed = Make(SIGEV_NONE);
  Arm(disarmed, 3600000, 250);
  Arm(disarmed, 0, 250);
  for (int notify : {SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD}) {
    timer_t gone = Make(notify);
    Arm(gone, 3600000, 500);
    if (timer_delete(gone) != 0) abort();
  }
  sigevent wrong{};
  wrong.sigev_notify = 77;
  timer_t none;
  printf("%d %d\n", timer_create(CLOCK_MONOTONIC, &wrong, &none), errno == EINVAL);
  return Ready();
}

static int Descriptors() {
  const itimerspec each_minute = Every(60000, 60000), never = {};
  timerfd_settime(timerfd_create(CLOCK_REALTIME, 0), 0, &each_minute, nullptr);
  const int disarmed = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  timerfd_settime(disarmed, 0, &each_minute, nullptr);
  timerfd_settime(disarmed, 0, &never, nullptr);
  for (int i = 0; i < 10; ++i) close(timerfd_create(CLOCK_MONOTONIC, 0));
  // One timer, whose first descriptor is closed before the copies; then the last of them.
  const int gone = timerfd_create(CLOCK_MONOTONIC, 0), copy = dup(gone), other = fcntl(gone, F_DUPFD, 100);
  close(gone);
  close(copy);
  close(other);
  const int kept = timerfd_create(CLOCK_MONOTONIC, 0), kept_copy = dup(kept);
  close(kept);
  timerfd_settime(kept_copy, 0, &each_minute, nullptr);
  const int replaced = timerfd_create(CLOCK_MONOTONIC, 0);
  dup2(0, replaced);
  // A copy that cannot be made leaves the timer alone, and so does one onto itself.
  const int spared = timerfd_create(CLOCK_MONOTONIC, 0), own_copy = dup(spared);
  timerfd_settime(spared, 0, &each_minute, nullptr);
  printf("%d %d\n", dup2(9999, spared), errno == EBADF);
  printf("%d %d\n", dup3(0, spared, 77), errno == EINVAL);
  printf("%d %d\n", dup2(spared, spared) == spared, dup2(spared, own_copy) == own_copy);
  close(spared);
  printf("%d %d\n", timerfd_settime(9999, 0, &never, nullptr), errno == EBADF);
  return Ready();
}

/// Reads until it has expired so often, or more often; how often it has.
static std::uint64_t ReadUntil(int timer, std::uint64_t wanted) {
  std::uint64_t total = 0;
  for (std::uint64_t count = 0; total < wanted; total += count) {
    if (read(timer, &count, sizeof count) != sizeof count) abort();
  }
  return total;
}
static int Fired() {
  const itimerspec once = Every(1, 0), often = Every(1, 1), later = Every(3600000, 0);
  const int single = timerfd_create(CLOCK_MONOTONIC, 0), periodic = timerfd_create(CLOCK_MONOTONIC, 0);
  const int never = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  timerfd_settime(single, 0, &once, nullptr);
  ReadUntil(single, 1);
  timerfd_settime(periodic, 0, &often, nullptr);
  std::uint64_t total = ReadUntil(periodic, 3);
  const int copy = dup(periodic);  // counts for the same timer, before and after it is the only one
  total += ReadUntil(copy, 4);
  close(periodic);
  total += ReadUntil(copy, 95);
  timerfd_settime(copy, 0, &later, nullptr);
  timerfd_settime(never, 0, &later, nullptr);
  std::uint64_t nothing = 0;
  if (read(never, &nothing, sizeof nothing) != -1 || errno != EAGAIN) abort();
  // Eight bytes from what has a timer's number, and is none.
  const int gone = timerfd_create(CLOCK_MONOTONIC, 0);
  close(gone);
  int ends[2];
  if (pipe(ends) != 0 || write(ends[1], "12345678", 8) != 8 || read(ends[0], &nothing, 8) != 8) abort();
  printf("%llu\n", static_cast<unsigned long long>(total));
  return Ready();
}

static int Intervals() {
  const itimerval often = {{0, 500000}, {3600, 0}}, once = {{0, 0}, {3600, 0}}, never = {};
  itimerval before;
  setitimer(ITIMER_REAL, &often, nullptr);
  setitimer(ITIMER_VIRTUAL, &often, &before);
  setitimer(ITIMER_PROF, &often, &before);
  setitimer(ITIMER_PROF, &once, &before);
  printf("%ld %ld\n", before.it_interval.tv_sec, before.it_interval.tv_usec);
  setitimer(ITIMER_VIRTUAL, &never, nullptr);
  setitimer(ITIMER_VIRTUAL, &often, nullptr);
  return Ready();
}

static int Alarm() {
  const itimerval often = {{0, 500000}, {3600, 0}};
  setitimer(ITIMER_REAL, &often, nullptr);
  printf("%d\n", alarm(3000) > 3500);
  return Ready();
}

static int Fork() {
  const itimerspec each_minute = Every(60000, 60000);
  const itimerval often = {{1, 0}, {3600, 0}};
  Arm(Make(SIGEV_NONE), 3600000, 1000);
  setitimer(ITIMER_REAL, &often, nullptr);
  timerfd_settime(timerfd_create(CLOCK_MONOTONIC, 0), 0, &each_minute, nullptr);
  const pid_t child = fork();
  if (child == 0) return Ready();
  char text[32];
  snprintf(text, sizeof text, "child %d", child);
  puts(text);
  fflush(stdout);
  waitpid(child, nullptr, 0);
  return Ready();
}

int main(int argc, char** argv) {
  const struct {
    const char* name;
    int (*run)();
  } scenarios[] = {{"posix", Posix}, {"descriptors", Descriptors},
                   {"fired", Fired}, {"intervals", Intervals},
                   {"alarm", Alarm}, {"fork", Fork}};
  for (const auto& scenario : scenarios) {
    if (argc > 1 && strcmp(argv[1], scenario.name) == 0) return scenario.run();
  }
  return 2;
}
