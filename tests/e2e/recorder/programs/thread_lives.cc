// Threads that begin and end in every way there is. Each scenario is one word on the command line; it says "ready" when
// everything has come to rest, and ends when its standard input does.
#include <dirent.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <thread>
#include <vector>

static int Tasks() {
  int count = 0;
  DIR* folder = opendir("/proc/self/task");
  while (const dirent* entry = readdir(folder)) count += entry->d_name[0] != '.';
  closedir(folder);
  return count;
}
static void WaitForTasks(int count) {
  while (Tasks() != count) sched_yield();
}
static int Ready() {
  puts("ready");
  fflush(stdout);
  char byte;
  while (read(0, &byte, 1) > 0) {
  }
  return 0;
}

static void* Return(void* value) { return value; }
static void* Exit(void* value) { pthread_exit(value); }
static void* WaitToBeCancelled(void*) {
  for (;;) pause();
}
static int ReturnC11(void* value) { return static_cast<int>(reinterpret_cast<long>(value)); }
static int ExitC11(void*) { thrd_exit(7); }
static void* DetachItself(void*) {
  pthread_detach(pthread_self());
  return nullptr;
}
static std::atomic<bool> may_end{false};
static std::atomic<int> running{0};
static void* RunOn(void*) {
  ++running;
  while (!may_end) usleep(1000);
  return nullptr;
}

static timespec In(clockid_t clock, int seconds) {
  timespec time;
  clock_gettime(clock, &time);
  time.tv_sec += seconds;
  return time;
}

// --- each way to end and to be joined; nothing is left

static int JoinInEveryWay() {
  pthread_t thread;
  void* result = nullptr;
  const timespec real_time = In(CLOCK_REALTIME, 60), monotonic = In(CLOCK_MONOTONIC, 60);
  for (auto* routine : {Return, Exit}) {
    pthread_create(&thread, nullptr, routine, &thread);
    if (pthread_join(thread, &result) != 0 || result != &thread) return 10;
    pthread_create(&thread, nullptr, routine, &thread);
    int error;
    while ((error = pthread_tryjoin_np(thread, &result)) == EBUSY) sched_yield();
    if (error != 0 || result != &thread) return 11;
    pthread_create(&thread, nullptr, routine, &thread);
    if (pthread_timedjoin_np(thread, &result, &real_time) != 0 || result != &thread) return 12;
    pthread_create(&thread, nullptr, routine, &thread);
    if (pthread_clockjoin_np(thread, &result, CLOCK_MONOTONIC, &monotonic) != 0 || result != &thread) return 13;
  }
  pthread_create(&thread, nullptr, WaitToBeCancelled, nullptr);
  pthread_cancel(thread);
  if (pthread_join(thread, &result) != 0 || result != PTHREAD_CANCELED) return 14;
  thrd_t c11;
  int status = 0;
  if (thrd_create(&c11, ReturnC11, reinterpret_cast<void*>(-5L)) != thrd_success) return 15;
  if (thrd_join(c11, &status) != thrd_success || status != -5) return 16;
  if (thrd_create(&c11, ExitC11, nullptr) != thrd_success) return 17;
  if (thrd_join(c11, &status) != thrd_success || status != 7) return 18;
  return 0;
}

/// A join that is cancelled has joined nobody.
static void* JoinForever(void* thread) {
  pthread_join(*static_cast<pthread_t*>(thread), nullptr);
  return nullptr;
}
static int CancelAJoin() {
  pthread_t thread, joiner;
  void* result = nullptr;
  may_end = false;
  pthread_create(&thread, nullptr, RunOn, nullptr);
  pthread_create(&joiner, nullptr, JoinForever, &thread);
  pthread_cancel(joiner);
  if (pthread_join(joiner, &result) != 0 || result != PTHREAD_CANCELED) return 20;
  may_end = true;
  return pthread_join(thread, nullptr) == 0 ? 0 : 21;
}

static int DetachInEveryWay() {
  const int before = Tasks();
  pthread_t thread;
  for (int i = 0; i < 20; ++i) {
    pthread_create(&thread, nullptr, Return, nullptr);
    pthread_detach(thread);  // about as often before it begins as after it ended
    pthread_create(&thread, nullptr, DetachItself, nullptr);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_create(&thread, &attributes, i % 2 == 0 ? Return : Exit, nullptr);
    thrd_t c11;
    thrd_create(&c11, ReturnC11, nullptr);
    thrd_detach(c11);
    WaitForTasks(before);
    pthread_create(&thread, nullptr, Return, nullptr);
    WaitForTasks(before);
    pthread_detach(thread);  // long ended
  }
  return 0;
}

static int FailInEveryWay() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, std::size_t{1} << 46);
  pthread_t thread;
  const int too_large = pthread_create(&thread, &attributes, Return, nullptr);
  printf("too large: %d\n", too_large);
  pthread_create(&thread, nullptr, DetachItself, nullptr);
  WaitForTasks(1);
  int error = pthread_join(pthread_self(), nullptr);
  printf("itself: %d\n", error);
  may_end = false;
  pthread_create(&thread, nullptr, RunOn, nullptr);
  const timespec past{1, 0};
  printf("busy: %d, too late: %d\n", pthread_tryjoin_np(thread, nullptr), pthread_timedjoin_np(thread, nullptr, &past));
  may_end = true;
  pthread_join(thread, nullptr);
  return 0;
}

static int All() {
  for (auto* scenario : {JoinInEveryWay, CancelAJoin, DetachInEveryWay, FailInEveryWay}) {
    if (const int failure = scenario()) return failure;
  }
  WaitForTasks(1);
  return Ready();
}

// --- what is left over

__attribute__((noinline)) static void LeaveUnjoined() {
  pthread_t thread;
  for (auto* routine : {Return, Return, Exit}) pthread_create(&thread, nullptr, routine, nullptr);
  pthread_create(&thread, nullptr, WaitToBeCancelled, nullptr);
  pthread_cancel(thread);
  thrd_t c11;
  thrd_create(&c11, ReturnC11, nullptr);
  thrd_create(&c11, ExitC11, nullptr);
}
__attribute__((noinline)) static void LeaveSmallStacks() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 * 1024);
  pthread_t thread;
  for (int i = 0; i < 2; ++i) pthread_create(&thread, &attributes, Return, nullptr);
  void* memory = mmap(nullptr, 128 * 1024, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  pthread_attr_setstack(&attributes, memory, 128 * 1024);
  pthread_create(&thread, &attributes, Return, nullptr);
}
__attribute__((noinline)) static void KeepRunning() {
  pthread_t thread;
  for (int i = 0; i < 3; ++i) pthread_create(&thread, nullptr, RunOn, nullptr);
  pthread_create(&thread, nullptr, RunOn, nullptr);
  pthread_detach(thread);
}
static int Left() {
  LeaveUnjoined();
  LeaveSmallStacks();
  WaitForTasks(1);
  KeepRunning();
  return Ready();
}

// --- names

static std::atomic<int> named{0};
static void* NameItself(void* by_prctl) {
  if (by_prctl != nullptr) {
    prctl(PR_SET_NAME, "own by prctl");
  } else {
    pthread_setname_np(pthread_self(), "own by pthread");
  }
  ++named;
  return RunOn(nullptr);
}
static int Names() {
  pthread_t thread;
  pthread_create(&thread, nullptr, NameItself, nullptr);
  pthread_create(&thread, nullptr, NameItself, &thread);
  while (named != 2) sched_yield();
  for (int i = 0; i < 20; ++i) {  // some have not begun to run
    pthread_create(&thread, nullptr, RunOn, nullptr);
    pthread_setname_np(thread, "by its creator");
  }
  pthread_setname_np(thread, "renamed");
  pthread_create(&thread, nullptr, RunOn, nullptr);  // never named
  while (running != 23) sched_yield();               // each looks for its name when it begins
  return Ready();
}

// --- many, and under churn

/// Stops and goes on by bytes on standard input; when it stops, all that may end has ended.
static std::atomic<bool> churn{false}, over{false};
static std::atomic<int> churning{0};
static void* Churn(void*) {
  std::vector<pthread_t> unjoined;
  for (unsigned i = 0; !over; ++i) {
    if (!churn) {
      --churning;
      while (!churn && !over) usleep(500);
      ++churning;
      continue;
    }
    pthread_t thread;
    if (pthread_create(&thread, nullptr, i % 3 == 0 ? Exit : Return, nullptr) != 0) continue;
    if (i % 7 == 0) {
      unjoined.push_back(thread);
    } else if (i % 3 == 0) {
      pthread_detach(thread);
    } else {
      pthread_join(thread, nullptr);
    }
    if (unjoined.size() == 20) {
      for (const pthread_t left : unjoined) pthread_join(left, nullptr);
      unjoined.clear();
    }
  }
  for (const pthread_t left : unjoined) pthread_join(left, nullptr);
  return nullptr;
}
static int UnderChurn() {
  constexpr int kWorkers = 4;
  pthread_t workers[kWorkers];
  churning = kWorkers;
  for (auto& worker : workers) pthread_create(&worker, nullptr, Churn, nullptr);
  char command;
  while (read(0, &command, 1) == 1) {
    churn = command == 'g';
    if (command == 's') {
      while (churning != 0) sched_yield();
      WaitForTasks(1 + kWorkers);
    }
    puts(command == 's' ? "stopped" : "going");
    fflush(stdout);
    if (command == 'g') {
      while (churning == 0) sched_yield();
    }
  }
  over = true;
  for (auto& worker : workers) pthread_join(worker, nullptr);
  return 0;
}

static int Many() {
  for (int round = 0; round < 100; ++round) {
    std::vector<pthread_t> threads(100);
    for (auto& thread : threads) {
      if (pthread_create(&thread, nullptr, Return, nullptr) != 0) return 3;
    }
    for (auto& thread : threads) pthread_join(thread, nullptr);
  }
  return Ready();
}

// --- stacks, exceptions and other company on a thread

static std::atomic<int> destroyed{0};
struct Local {
  int value = 1;
  ~Local() { destroyed += value; }
};
static thread_local Local local;
static int depth = -1;
static void* LookAround(void*) {
  local.value = 2;
  void* frames[32];
  depth = backtrace(frames, 32);
  try {
    throw std::runtime_error("caught");
  } catch (const std::exception&) {
  }
  return nullptr;
}
static void* Guarded(void*) {
  struct Cleanup {
    ~Cleanup() { destroyed += 100; }
  } cleanup;
  pthread_exit(nullptr);
}
static int Company() {
  pthread_t thread;
  void* frames[4];
  backtrace(frames, 4);  // loads libgcc
  pthread_create(&thread, nullptr, LookAround, nullptr);
  pthread_join(thread, nullptr);
  pthread_create(&thread, nullptr, Guarded, nullptr);
  pthread_join(thread, nullptr);
  std::thread([] { local.value = 3; }).join();
  pthread_key_t keys[1000];
  int made = 0;
  while (made < 1000 && pthread_key_create(&keys[made], nullptr) == 0) ++made;
  printf("%d frames, %d destroyed, %d keys\n", depth, destroyed.load(), made);
  return Ready();
}
static void* Throw(void*) { throw std::runtime_error("nobody catches this"); }
static int Terminate() {
  pthread_t thread;
  pthread_create(&thread, nullptr, Throw, nullptr);
  pthread_join(thread, nullptr);
  return 0;
}

// --- fork, and the end of main

static void* ForkAndStay(void*) {
  pthread_t thread;
  for (int i = 0; i < 3; ++i) pthread_create(&thread, nullptr, RunOn, nullptr);
  const pid_t child = fork();
  if (child == 0) {
    pthread_create(&thread, nullptr, RunOn, nullptr);
    printf("child %d\n", getpid());
    fflush(stdout);
  }
  return RunOn(nullptr);
}
static int Fork() {
  pthread_t thread;
  pthread_create(&thread, nullptr, ForkAndStay, nullptr);
  pthread_join(thread, nullptr);
  return 0;
}
static void* OutliveMain(void* main_thread) {
  pthread_join(*static_cast<pthread_t*>(main_thread), nullptr);
  exit(Ready());
}
static int WithoutMain() {
  static pthread_t main_thread = pthread_self();
  pthread_t thread;
  pthread_create(&thread, nullptr, OutliveMain, &main_thread);
  pthread_exit(nullptr);
}
/// A library's thread that goes on when the library has been closed; it does not run code of the library by then.
static int OfALibrary(const char* path) {
  void* library = dlopen(path, RTLD_NOW);
  if (library == nullptr) return 5;
  const auto start = reinterpret_cast<void (*)(void* (*)(void*))>(dlsym(library, "StartThread"));
  if (start == nullptr) return 6;
  start(RunOn);
  dlclose(library);
  return Ready();
}

int main(int argc, char** argv) {
  const struct {
    const char* name;
    int (*run)();
  } scenarios[] = {{"all", All},
                   {"left", Left},
                   {"names", Names},
                   {"churn", UnderChurn},
                   {"many", Many},
                   {"company", Company},
                   {"fork", Fork},
                   {"without-main", WithoutMain},
                   {"terminate", Terminate}};
  for (const auto& scenario : scenarios) {
    if (argc > 1 && strcmp(argv[1], scenario.name) == 0) return scenario.run();
  }
  return argc > 2 ? OfALibrary(argv[2]) : 2;
}
