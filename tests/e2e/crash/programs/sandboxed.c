// A service that is ended if it calls sigaltstack, and starts and ends threads all the same. By what it asks for the
// filter: "prctl", "syscall", "faults", which then faults in a thread, or "broken", which handles a fault whose stack
// cannot be read on an alternate one. Exits 4.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_barrier_t both;
static int faults;
static int* volatile nowhere = (int*)8;

static void* run(void* waits) {
  if (waits != NULL) {
    pthread_barrier_wait(&both);  // it has begun
    pthread_barrier_wait(&both);  // it may end
  } else if (faults) {
    *(volatile int*)0 = 1;
  }
  return NULL;
}

static void on_fault(int number, siginfo_t* info, void* context) {
  (void)context;
  _exit(number == SIGSEGV && info->si_addr == nowhere ? 4 : 5);
}

static void use_alternate_stack(void) {
  static char room[65536];
  const stack_t stack = {.ss_sp = room, .ss_flags = 0, .ss_size = sizeof room};
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaltstack(&stack, NULL);
  sigaction(SIGSEGV, &action, NULL);
}

__attribute__((noinline)) static void break_stack_and_fault(void) {
  volatile unsigned long* above = __builtin_frame_address(0);
  for (int i = 0; i < 16; ++i) above[i] = 0x10 + (unsigned long)i;
  *nowhere = 1;
}

static int forbid(int by_syscall) {
  struct sock_filter code[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                               BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sigaltstack, 0, 1),
                               BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
                               BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog filter = {sizeof code / sizeof *code, code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  if (by_syscall) return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

int main(int count, char** words) {
  const char* way = count > 1 ? words[1] : "";
  faults = strcmp(way, "faults") == 0;
  pthread_t before, after;
  if (strcmp(way, "broken") == 0) use_alternate_stack();
  pthread_barrier_init(&both, NULL, 2);
  if (pthread_create(&before, NULL, run, &both) != 0) return 1;
  pthread_barrier_wait(&both);
  if (forbid(strcmp(way, "prctl") != 0) != 0) {
    perror("filter");
    return 77;
  }
  pthread_barrier_wait(&both);
  if (pthread_join(before, NULL) != 0) return 2;
  if (strcmp(way, "broken") == 0) break_stack_and_fault();
  for (int i = 0; i < 20; ++i)
    if (pthread_create(&after, NULL, run, NULL) != 0 || pthread_join(after, NULL) != 0) return 3;
  return 4;
}
