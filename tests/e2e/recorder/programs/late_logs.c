// Children of a process with so much alive that they do not copy its log. Each way is one word on the command line.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kBlocks = 60000 };
static void* blocks[kBlocks];

static void Keep(int count, size_t size) {
  for (int i = 0; i < count; ++i) {
    if (malloc(size) == NULL) _exit(90);
  }
}
static void KeepMany(void) {
  for (int i = 0; i < kBlocks; ++i) blocks[i] = malloc(701);
}
static void Drop(int from, int to) {
  for (int i = from; i < to; ++i) free(blocks[i]);
}
static int EndOf(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) return 99;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}
static int Died(pid_t child) {
  const int end = EndOf(child);
  return end == 100 + SIGKILL ? 0 : end;
}
/// What runs no handler and no destructor of the process: its log stays, however short it lived.
static void Die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}
static void* Nothing(void* argument) { return argument; }

/// As scripts are started: descriptors are put in order, and something is executed.
static int Exec(void) {
  KeepMany();
  for (int i = 0; i < 20; ++i) {
    int ends[2];
    if (pipe(ends) != 0) return 91;
    const pid_t child = fork();
    if (child == 0) {
      dup2(ends[1], 1);
      close(ends[0]);
      close(ends[1]);
      setsid();
      if (i % 2 == 0) _exit(0);
      execl("/bin/true", "true", NULL);
      _exit(92);
    }
    close(ends[1]);
    close(ends[0]);
    const int end = EndOf(child);
    if (end != 0) return end;
  }
  return 0;
}

/// A worker, while its parent goes on.
static int Worker(void) {
  int ends[2];
  char byte = 0;
  KeepMany();
  if (pipe(ends) != 0) return 91;
  const pid_t child = fork();
  if (child == 0) {
    if (read(ends[0], &byte, 1) != 1) _exit(93);
    pthread_t thread;
    pthread_create(&thread, NULL, Nothing, NULL);
    pthread_join(thread, NULL);
    Drop(0, 20000);
    Keep(50, 9001);
    Die();
  }
  Drop(50000, 60000);
  Keep(5, 7003);
  if (write(ends[1], &byte, 1) != 1) return 94;
  return Died(child);
}

/// The parent has nothing to do but to wait.
static int Silent(void) {
  KeepMany();
  const pid_t child = fork();
  if (child == 0) {
    Keep(50, 9001);
    Die();
  }
  return Died(child);
}

/// The parent ends at once; `forks` times.
static int Daemon(int forks) {
  KeepMany();
  for (int i = 0; i < forks; ++i) {
    const pid_t parent = getpid(), child = fork();
    if (child != 0) _exit(0);
    setsid();
    while (getppid() == parent) usleep(1000);
  }
  Drop(0, 10000);
  Keep(20, 9001);
  Die();
  return 0;
}

/// The parent frees things in its exit handlers.
static void DropAll(void) { Drop(0, kBlocks); }
static int Tidy(void) {
  KeepMany();
  atexit(DropAll);
  const pid_t parent = getpid(), child = fork();
  if (child != 0) exit(0);
  while (getppid() == parent) usleep(1000);
  Keep(20, 9001);
  Die();
  return 0;
}

/// Children behind fork's back, and of vfork, of a child without a log.
static int Behind(void) {
  KeepMany();
  const pid_t child = fork();
  if (child == 0) {
    const pid_t quiet = _Fork();
    if (quiet == 0) {
      Drop(0, 100);
      Keep(100, 9003);
      _exit(0);
    }
    if (EndOf(quiet) != 0) _exit(95);
    const pid_t other = vfork();
    if (other == 0) {
      free(malloc(9005));
      execl("/bin/true", "true", NULL);
      _exit(96);
    }
    if (EndOf(other) != 0) _exit(97);
    Keep(50, 9001);
    Die();
  }
  Keep(5, 7003);
  return Died(child);
}

/// For fail_calls.c: getpriority(77, 0) when the child has its log.
static int Marked(void) {
  KeepMany();
  const pid_t child = fork();
  if (child == 0) {
    Keep(1, 9005);
    syscall(SYS_getpriority, 77, 0);
    Keep(20, 9001);
    Die();
  }
  Keep(5, 7003);
  return Died(child);
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  int result = 64;
  if (strcmp(what, "exec") == 0) result = Exec();
  if (strcmp(what, "worker") == 0) result = Worker();
  if (strcmp(what, "silent") == 0) result = Silent();
  if (strcmp(what, "daemon") == 0) result = Daemon(1);
  if (strcmp(what, "daemon-of-two-forks") == 0) result = Daemon(2);
  if (strcmp(what, "tidy") == 0) result = Tidy();
  if (strcmp(what, "behind") == 0) result = Behind();
  if (strcmp(what, "marked") == 0) result = Marked();
  return result;
}
