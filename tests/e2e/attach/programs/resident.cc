// A service that has a bit of everything when it is attached to: blocks, threads and timers. It does what each line of
// standard input says, answers it with "alive", and ends at its end.
//
//   leak COUNT BYTES   Lose() allocates as many blocks
//   free               frees the blocks that were there from the start
//   join               the thread "waiter" ends and is joined
//   leave              the thread "leaver", which is detached, ends
//   timers             every timer ends
//   forbid NUMBER      from now on this system call ends the process (seccomp)
//   fork               a child allocates, and ends well
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int kBlocks = 200;
constexpr std::size_t kBlockBytes = 10000;
constexpr time_t kHour = 3600;

void* blocks[kBlocks];
void* volatile lost;

struct Waiter {
  const char* name;
  pthread_t thread;
  sem_t begun, leave;
  volatile pid_t tid;
};
Waiter waiter{"waiter", {}, {}, {}, 0}, leaver{"leaver", {}, {}, {}, 0};

void* Wait(void* argument) {
  auto& self = *static_cast<Waiter*>(argument);
  self.tid = static_cast<pid_t>(::syscall(SYS_gettid));
  ::sem_post(&self.begun);
  while (::sem_wait(&self.leave) != 0) {
  }
  return nullptr;
}

void Begin(Waiter& thread) {
  ::sem_init(&thread.begun, 0, 0);
  ::sem_init(&thread.leave, 0, 0);
  if (::pthread_create(&thread.thread, nullptr, Wait, &thread) != 0) std::_Exit(1);
  ::pthread_setname_np(thread.thread, thread.name);
  while (::sem_wait(&thread.begun) != 0) {
  }
}

timer_t timers[2];
int timer_descriptor = -1;

void BeginTimers() {
  const itimerspec hourly{{kHour, 0}, {kHour, 0}};
  const itimerval cpu_hours{{kHour, 0}, {kHour, 0}};
  sigevent nothing{}, function{};
  nothing.sigev_notify = SIGEV_NONE;
  function.sigev_notify = SIGEV_THREAD;
  function.sigev_notify_function = [](sigval) {};
  timer_descriptor = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  if (::timer_create(CLOCK_MONOTONIC, &nothing, &timers[0]) != 0 ||
      ::timer_create(CLOCK_MONOTONIC, &function, &timers[1]) != 0 || timer_descriptor < 0)
    std::_Exit(1);
  ::timer_settime(timers[0], 0, &hourly, nullptr);
  ::timer_settime(timers[1], 0, &hourly, nullptr);
  ::timerfd_settime(timer_descriptor, 0, &hourly, nullptr);
  ::setitimer(ITIMER_VIRTUAL, &cpu_hours, nullptr);
}

void EndTimers() {
  const itimerval never{};
  for (const timer_t timer : timers) ::timer_delete(timer);
  ::close(timer_descriptor);
  ::setitimer(ITIMER_VIRTUAL, &never, nullptr);
}

__attribute__((noinline)) void Lose(int count, std::size_t bytes) {
  for (int i = 0; i < count; ++i) {
    void* block = std::malloc(bytes);
    std::memcpy(block, const_cast<void**>(&lost), sizeof lost);
    lost = block;
  }
}

void Fork() {
  const pid_t child = ::fork();
  if (child == 0) {
    Lose(10, 100);
    std::_Exit(0);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0) std::_Exit(1);
}

void Forbid(unsigned number) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog filter = {sizeof code / sizeof *code, code};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    std::_Exit(1);
}

void Join() {
  ::sem_post(&waiter.leave);
  ::pthread_join(waiter.thread, nullptr);
  waiter.tid = 0;
}

void WaitUntilGone(pid_t tid) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/task/%d", tid);
  while (::access(path, F_OK) == 0) ::usleep(1000);
}

void Do(const char* line) {
  int count = 0;
  unsigned number = 0;
  std::size_t bytes = 0;
  if (std::sscanf(line, "forbid %u", &number) == 1) {
    Forbid(number);
  } else if (std::sscanf(line, "leak %d %zu", &count, &bytes) == 2) {
    Lose(count, bytes);
  } else if (std::strcmp(line, "free\n") == 0) {
    for (void*& block : blocks) {
      std::free(block);
      block = nullptr;
    }
  } else if (std::strcmp(line, "join\n") == 0) {
    if (waiter.tid != 0) Join();
  } else if (std::strcmp(line, "leave\n") == 0) {
    ::sem_post(&leaver.leave);
    WaitUntilGone(leaver.tid);
  } else if (std::strcmp(line, "timers\n") == 0) {
    EndTimers();
  } else if (std::strcmp(line, "fork\n") == 0) {
    Fork();
  }
}

}  // namespace

int main() {
  for (void*& block : blocks) block = std::malloc(kBlockBytes);
  Begin(waiter);
  Begin(leaver);
  ::pthread_detach(leaver.thread);
  BeginTimers();
  std::printf("ready\n");
  std::fflush(stdout);
  char line[64];
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    Do(line);
    std::printf("alive\n");
    std::fflush(stdout);
  }
  std::_Exit(0);
}
