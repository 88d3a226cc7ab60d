/* Makes a child in one of many ways, which leaves BLOCKS blocks behind, or executes PROGRAM; waits for it.
 *
 *     unrecorded_children WAY [PROGRAM [ARGUMENT...]]
 *
 * Ways without a program: fork clone clone3 raw_clone raw_fork _Fork chroot. With one: exec vfork raw_exec clone_vfork
 * spawn spawnp spawn_bare. "quit" leaves the blocks and ends this process by a bare system call. */
#define _GNU_SOURCE
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kBlocks = 466, kBytes = 1000 };
extern char** environ;
static char child_stack[1 << 16];
static char** program;

static void LeaveBehind(void) {
  for (int i = 0; i < kBlocks; ++i) {
    char* volatile block = malloc(kBytes);
    block[0] = 1;
  }
}

static int Leave(void* unused) {
  (void)unused;
  LeaveBehind();
  _exit(0);
}

static int Become(void* unused) {
  (void)unused;
  execve(program[0], program, environ);
  _exit(126);
}

static pid_t MakeByVfork(void) {
  const pid_t pid = vfork();
  if (pid == 0) Become(NULL);
  return pid;
}

/* The child's pid, in the parent; the child does not return. */
static pid_t MakeChild(const char* way) {
  char* nothing[] = {NULL};
  char* top = child_stack + sizeof child_stack;
  pid_t pid = -1;
  if (strcmp(way, "chroot") == 0) {
    char empty[] = "empty_root_XXXXXX";
    if (mkdtemp(empty) == NULL || chroot(empty) != 0 || chdir("/") != 0) return -1;
    way = "fork";
  }
  if (strcmp(way, "clone") == 0) return clone(Leave, top, SIGCHLD, NULL);
  if (strcmp(way, "clone_vfork") == 0) return clone(Become, top, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
  if (strcmp(way, "spawn") == 0) return posix_spawn(&pid, program[0], NULL, NULL, program, environ) == 0 ? pid : -1;
  if (strcmp(way, "spawnp") == 0) return posix_spawnp(&pid, program[0], NULL, NULL, program, environ) == 0 ? pid : -1;
  if (strcmp(way, "spawn_bare") == 0)
    return posix_spawn(&pid, program[0], NULL, NULL, program, nothing) == 0 ? pid : -1;
  if (strcmp(way, "vfork") == 0) return MakeByVfork();
  struct clone_args arguments = {.exit_signal = SIGCHLD};
  if (strcmp(way, "fork") == 0) pid = fork();
  if (strcmp(way, "_Fork") == 0) pid = _Fork();
  if (strcmp(way, "exec") == 0) pid = fork();
  if (strcmp(way, "raw_fork") == 0) pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (strcmp(way, "raw_exec") == 0) pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (strcmp(way, "raw_clone") == 0) pid = (pid_t)syscall(SYS_clone, CLONE_PARENT_SETTID | SIGCHLD, 0, &pid, 0, 0);
  if (strcmp(way, "clone3") == 0) pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid != 0) return pid;
  if (strcmp(way, "raw_exec") == 0) syscall(SYS_execve, program[0], program, environ);
  if (program[0] != NULL) Become(NULL);
  Leave(NULL);
  return -1;
}

int main(int count, char** arguments) {
  program = arguments + 2;
  if (count < 2) return 2;
  if (strcmp(arguments[1], "quit") == 0) {
    LeaveBehind();
    syscall(SYS_exit_group, 0);
  }
  int status = 0;
  const pid_t pid = MakeChild(arguments[1]);
  if (pid < 0) {
    perror(arguments[1]);
    return 1;
  }
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
