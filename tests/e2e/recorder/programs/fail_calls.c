// Makes one system call of a child of fork fail, as by a kernel without memory: fail_calls N PROGRAM ARGUMENTS…
//
// N counts the calls of the program's first child from its birth until it calls getpriority(77, …). What failed goes to
// standard output: the number of the call, or `none` if the child makes fewer. The exit code is the program's.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static const int kMarker = 77;
static long wanted, seen, failing = -1, failed = -1;
static int is_done = 0;

/// The child stands at the beginning or the end of a system call. Returns how it goes on.
static int AtCall(pid_t child) {
  struct __ptrace_syscall_info info = {0};
  struct user_regs_struct registers;
  ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info);
  ptrace(PTRACE_GETREGS, child, NULL, &registers);
  if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
    if (info.entry.nr == SYS_getpriority && info.entry.args[0] == (unsigned)kMarker) {
      is_done = 1;
      return PTRACE_CONT;
    }
    if (++seen != wanted) return PTRACE_SYSCALL;
    failing = (long)info.entry.nr;
    registers.orig_rax = -1UL;  // none at all
  } else if (failing >= 0) {
    failed = failing;
    failing = -1;
    registers.rax = (unsigned long)-ENOMEM;
  } else {
    return PTRACE_SYSCALL;
  }
  ptrace(PTRACE_SETREGS, child, NULL, &registers);
  return PTRACE_SYSCALL;
}

int main(int argc, char** argv) {
  if (argc < 3) return 64;
  wanted = atol(argv[1]);
  const pid_t program = fork();
  if (program == 0) {
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    execv(argv[2], argv + 2);
    _exit(65);
  }
  int status = 0;
  if (waitpid(program, &status, 0) != program || !WIFSTOPPED(status)) return 66;
  ptrace(PTRACE_SETOPTIONS, program, NULL, PTRACE_O_TRACEFORK | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  ptrace(PTRACE_CONT, program, NULL, NULL);
  pid_t child = 0;
  for (;;) {
    const pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0) return 67;
    if (!WIFSTOPPED(status)) {
      if (pid == program) break;
      continue;
    }
    int signal_number = WSTOPSIG(status), how = pid == program || is_done ? PTRACE_CONT : PTRACE_SYSCALL;
    if (pid != program && child == 0) {
      child = pid;
      signal_number = 0;  // its first stop
    } else if (pid == child && signal_number == (SIGTRAP | 0x80)) {
      how = AtCall(pid);
    }
    if (signal_number == SIGTRAP || signal_number == (SIGTRAP | 0x80)) signal_number = 0;
    ptrace(how, pid, NULL, signal_number);
  }
  if (failed >= 0)
    printf("%ld\n", failed);
  else
    printf("none\n");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
