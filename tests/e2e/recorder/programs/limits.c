// Services that limit themselves. Each is one word on the command line.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void* kept[300000];
static __attribute__((noinline)) void Deep(int depth, int i) {
  volatile char room[64];
  room[i % 64] = (char)depth;
  if (depth > 0) Deep(depth - 1, i);
  else kept[i] = malloc(40 + (size_t)(i % 50));
  room[0] = 1;
}
/// Enough that the log must grow.
static void Grow(int count) {
  for (int i = 0; i < count; ++i) Deep(i % 37, i);
  for (int i = 0; i < count; ++i) free(kept[i]);
  for (int i = 0; i < 7; ++i) (void)!malloc(7001);
}
static void* GrowOnThread(void* count) {
  Grow((int)(size_t)count);
  return NULL;
}

static const struct rlimit half_a_gibibyte = {512 << 20, 512 << 20};
/// As much as the service may expect to get: 300 MiB of its 512.
static int UseAddressSpace(void) {
  if (setrlimit(RLIMIT_AS, &half_a_gibibyte) != 0) return 2;
  for (int i = 0; i < 75; ++i) {
    char* block = malloc(4 << 20);
    if (block == NULL) return 3;
    memset(block, 1, 4 << 20);
  }
  return 0;
}
static int AddressSpace(void) {
  const int result = UseAddressSpace();
  if (result == 0) Grow(100000);
  return result;
}
static int StatusOf(pid_t child) {
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return 90;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 91;
}
/// Of children whose log is a copy, comes later, or cannot be had.
static int ChildrensAddressSpace(void) {
  for (int i = 0; i < 3; ++i) {
    const struct rlimit small = {8192, RLIM_INFINITY};
    if (i == 1) for (int block = 0; block < 100000; ++block) kept[block] = malloc(50);
    if (i == 2 && setrlimit(RLIMIT_FSIZE, &small) != 0) return 4;
    if (i == 2) for (int block = 0; block < 100000; ++block) free(kept[block]);
    const pid_t child = fork();
    if (child == 0) _exit(UseAddressSpace());
    const int result = StatusOf(child);
    if (result != 0) return 10 * (i + 1) + result;
  }
  return 0;
}
/// A child of vfork limits itself, and not its parent.
static int ChildOfVforksAddressSpace(void) {
  const struct rlimit little = {64 << 20, 64 << 20};
  const pid_t child = vfork();
  if (child == 0) _exit(setrlimit(RLIMIT_AS, &little) != 0);
  const int result = StatusOf(child);
  Grow(300000);
  return result;
}

static int Locked(void) {
  if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) return errno;
  Grow(100000);
  return 0;
}

/// A sandbox as servers write them: what their own code needs, and death for all else.
static int Sandbox(void) {
  static const int allowed[] = {SYS_read, SYS_write, SYS_close, SYS_fstat, SYS_mmap, SYS_munmap, SYS_mprotect, SYS_madvise, SYS_brk,
    SYS_mremap, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_futex, SYS_exit, SYS_exit_group, SYS_clone, SYS_clone3,
    SYS_set_robust_list, SYS_rseq, SYS_clock_gettime, SYS_getpid, SYS_gettid, SYS_sched_yield, SYS_getrandom, SYS_newfstatat};
  struct sock_filter program[128];
  int n = 0;
  program[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  for (size_t i = 0; i < sizeof allowed / sizeof *allowed; ++i) {
    program[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed[i], 0, 1);
    program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  const struct sock_fprog filter = {(unsigned short)n, program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) return 4;
  Grow(100000);
  pthread_t thread;
  if (pthread_create(&thread, NULL, GrowOnThread, (void*)3000) != 0) return 5;
  pthread_join(thread, NULL);
  return 0;
}

/// Leaks until it is ended; a point for each thousand blocks.
static int Eat(void) {
  for (;;) {
    for (int i = 0; i < 1000; ++i) {
      char* block = malloc(200);
      if (block == NULL) return 7;
      memset(block, 1, 200);
    }
    if (write(1, ".", 1) != 1) return 8;
  }
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  int result = 64;
  if (strcmp(what, "grow") == 0) Grow(300000), result = 0;
  if (strcmp(what, "address-space") == 0) result = AddressSpace();
  if (strcmp(what, "childrens-address-space") == 0) result = ChildrensAddressSpace();
  if (strcmp(what, "vforked-address-space") == 0) result = ChildOfVforksAddressSpace();
  if (strcmp(what, "locked") == 0) result = Locked();
  if (strcmp(what, "not-dumpable") == 0) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), Grow(100000), result = 0;
  if (strcmp(what, "eat") == 0) result = Eat();
  if (strcmp(what, "sandbox") == 0) result = Sandbox();
  printf("%d\n", result);
  return result;
}
