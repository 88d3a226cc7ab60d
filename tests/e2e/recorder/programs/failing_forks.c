// Children that cannot have a log of their own, and go on as if nothing were. Each way is one word on the command line.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static void Keep(int count, size_t size) {
  for (int i = 0; i < count; ++i) {
    if (malloc(size) == NULL) _exit(90);
  }
}
static int EndOf(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) return 99;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}
/// What runs no handler and no destructor of the process: its log stays, however short it lived.
static void Die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/// One MQTT connection after the other, each with a client of its own; one block is kept of each.
static void Serve(const char* who, int count) {
  for (int i = 0; i < count; ++i) {
    int ends[2];
    char name[64];
    unsigned char packet[200] = {0x10, 0, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60}, buffer[200];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) _exit(91);
    const int length = snprintf(name, sizeof name, "%s-client-number-%d", who, i);
    packet[1] = (unsigned char)(12 + length);
    packet[13] = (unsigned char)length;
    memcpy(packet + 14, name, (size_t)length);
    if (write(ends[1], packet, 14 + (size_t)length) != 14 + length) _exit(92);
    if (read(ends[0], buffer, sizeof buffer) != 14 + length) _exit(93);
    Keep(1, 77);
    close(ends[0]);
    close(ends[1]);
  }
}

/// Parent and child work at the same time.
static int Both(void) {
  Serve("before", 10);
  const pid_t child = fork();
  if (child == 0) {
    Serve("CHILD", 3000);
    Keep(20, 9001);
    _exit(0);
  }
  Serve("PARENT", 3000);
  return EndOf(child);
}

/// A file size limit that comes when the log is there already.
static int SmallFiles(void) {
  signal(SIGXFSZ, SIG_IGN);
  const struct rlimit limit = {8192, RLIM_INFINITY};
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 94;
  return Both();
}

/// For fail_calls.c: the child's own code begins with getpriority(77, 0).
static int Marked(void) {
  Keep(10, 7001);
  const pid_t child = fork();
  if (child == 0) {
    syscall(SYS_getpriority, 77, 0);
    Serve("CHILD", 20);
    Keep(20, 9001);
    Die();
  }
  Keep(5, 7003);
  const int end = EndOf(child);
  return end == 100 + SIGKILL ? 0 : end;
}

/// Fork in a signal handler which interrupts the recorder, and returns.
static volatile pid_t forked = -1;
static void ForkNow(int signal_number) {
  if (forked <= 0 && (forked = fork()) == 0) setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
}

static int InHandlers(void) {
  Keep(1000, 7001);
  signal(SIGXFSZ, SIG_IGN);
  const struct rlimit limit = {8192, RLIM_INFINITY};
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 94;
  struct sigaction action = {.sa_handler = ForkNow, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  for (int i = 0; i < 60; ++i) {
    forked = -1;
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 200}}, NULL);
    while (forked < 0) free(malloc(100));
    if (forked == 0) {
      Keep(20, 9001);
      _exit(0);
    }
    const int end = EndOf(forked);
    if (end != 0) return end;
  }
  return 0;
}

static volatile int alarms = 0;
static void Count(int signal_number) { ++alarms; }

/// The parent of a fork is interrupted while it waits for its child's copy, and goes on allocating at once.
static int Interrupted(void) {
  enum { kBlocks = 15000 };
  static void* blocks[kBlocks];
  for (int i = 0; i < kBlocks; ++i) blocks[i] = malloc(701);
  struct sigaction action = {.sa_handler = Count, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  for (int i = 0; i < 20; ++i) {
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 100}, {0, 100}}, NULL);
    const pid_t child = fork();
    if (child == 0) Die();
    for (int j = 0; j < kBlocks; j += 3) {
      free(blocks[j]);
      blocks[j] = malloc(701);
    }
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
    if (EndOf(child) != 100 + SIGKILL) return 95;
  }
  return alarms != 0 ? 0 : 96;
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  int result = 64;
  if (strcmp(what, "both") == 0) result = Both();
  if (strcmp(what, "small-files") == 0) result = SmallFiles();
  if (strcmp(what, "marked") == 0) result = Marked();
  if (strcmp(what, "in-handlers") == 0) result = InHandlers();
  if (strcmp(what, "interrupted") == 0) result = Interrupted();
  return result;
}
