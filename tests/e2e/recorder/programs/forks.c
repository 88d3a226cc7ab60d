// Ways to make a child. Each is one word on the command line.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char** environ;
static void* blocks[1000];
static volatile int stop = 0;

static void Keep(int count, size_t size) {
  for (int i = 0; i < count; ++i) blocks[i] = malloc(size);
}
static void Drop(int from, int to) {
  for (int i = from; i < to; ++i) free(blocks[i]);
}
static int WaitFor(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) return 99;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}
/// Outlives the time within which a helper leaves no log.
static void LiveLonger(void) {
  const struct timespec time = {1, 200000000};
  nanosleep(&time, NULL);
}
static void* Allocate(void* seed) {
  unsigned state = (unsigned)(size_t)seed;
  void* mine[64] = {0};
  for (int i = 0; !stop; i = (i + 1) % 64) {
    free(mine[i]);
    mine[i] = malloc(20 + rand_r(&state) % 5000);
  }
  for (int i = 0; i < 64; ++i) free(mine[i]);
  return NULL;
}

/// The child inherits 1000 blocks of 7001 bytes, frees 400 and makes 50 of 9001.
static int Inherits(void) {
  Keep(1000, 7001);
  const pid_t child = fork();
  if (child == 0) {
    Drop(0, 400);
    Keep(50, 9001);
    LiveLonger();
    exit(0);
  }
  Drop(0, 900);
  return WaitFor(child);
}

static int Daemon(void) {
  Keep(10, 7001);
  const pid_t child = fork();
  if (child != 0) return WaitFor(child);
  setsid();
  const pid_t daemon = fork();
  if (daemon != 0) _exit(0);
  Keep(5, 9001);
  LiveLonger();
  exit(0);
}

/// Children behind fork's back, and children of theirs.
static int Behind(int with_fork) {
  Keep(10, 7001);
  const pid_t child = with_fork ? _Fork() : (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (child == 0) {
    Drop(0, 10);
    Keep(200, 9001);
    const pid_t grandchild = fork();
    if (grandchild == 0) {
      Keep(300, 9003);
      LiveLonger();
      exit(0);
    }
    _exit(WaitFor(grandchild));
  }
  return WaitFor(child);
}

static int Vfork(void) {
  Keep(10, 7001);
  for (int i = 0; i < 20; ++i) {
    const pid_t child = vfork();
    if (child == 0) {
      if (i % 2 == 0) execl("/bin/true", "true", NULL);
      _exit(0);
    }
    if (WaitFor(child) != 0) return 1;
    char* arguments[] = {"true", NULL};
    pid_t spawned;
    if (posix_spawn(&spawned, "/bin/true", NULL, NULL, arguments, environ) != 0 || WaitFor(spawned) != 0) return 2;
    if (system("exit 7") != 7 << 8) return 3;
    FILE* pipe = popen("echo hello", "r");
    char line[16] = "";
    if (fgets(line, sizeof line, pipe) == NULL || strcmp(line, "hello\n") != 0 || pclose(pipe) != 0) return 4;
  }
  Keep(10, 9001);
  LiveLonger();
  return 0;
}

/// Helpers as servers have them: short, and ended by _exit, exit or exec.
static int Storm(void) {
  for (int i = 0; i < 500; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      free(malloc(1000));
      if (i % 5 == 0) execl("/bin/true", "true", NULL);
      if (i % 5 == 1) execve("/bin/true", (char*[]){"true", NULL}, (char*[]){NULL});  // not recorded
      if (i % 5 == 2) quick_exit(0);
      if (i % 5 == 3) _exit(0);
      exit(0);
    }
    if (WaitFor(child) != 0) return 1;
  }
  return 0;
}

/// An exec that fails leaves the process as it was, log included.
static int FailedExec(void) {
  const pid_t child = fork();
  if (child == 0) {
    Keep(10, 7001);
    execl("/does/not/exist", "x", NULL);
    Keep(10, 9001);
    LiveLonger();
    exit(0);
  }
  return WaitFor(child);
}

static int Threads(void) {
  pthread_t threads[4];
  for (size_t i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, Allocate, (void*)(i + 1));
  Keep(1000, 7001);
  int worst = 0;
  for (int i = 0; i < 12; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      Drop(0, 500);
      for (int j = 0; j < 30000; ++j) free(malloc((size_t)j));
      Keep(20, 9001);
      if (i % 4 == 3) LiveLonger();
      exit(0);
    }
    const int status = WaitFor(child);
    if (status > worst) worst = status;
  }
  stop = 1;
  for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  return worst;
}

/// fork that cannot work must fail as quickly as ever.
static int NoMore(void) {
  const struct rlimit none = {0, 0};
  if (setgid(65534) != 0 || setuid(65534) != 0 || setrlimit(RLIMIT_NPROC, &none) != 0) return 5;
  struct timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  for (int i = 0; i < 20; ++i) {
    errno = 0;
    if (fork() != -1 || errno != EAGAIN) return 6;
  }
  clock_gettime(CLOCK_MONOTONIC, &after);
  return after.tv_sec - before.tv_sec > 1 ? 7 : 0;
}

/// A process whose file size is limited after it has started.
static int SmallFiles(void) {
  const struct rlimit small = {1 << 20, 1 << 20};
  setrlimit(RLIMIT_FSIZE, &small);
  const pid_t child = fork();
  if (child == 0) {
    Keep(1000, 7001);
    exit(0);
  }
  return WaitFor(child);
}

static int Errno(void) {
  errno = 77;
  const pid_t child = fork();
  if (errno != 77) _exit(8);
  if (child == 0) _exit(0);
  return WaitFor(child);
}

static int Chroot(void) {
  Keep(10, 7001);
  // The root is an empty directory that has no name any more, so nothing is left behind.
  char directory[] = "/tmp/mqtrack-chroot-XXXXXX";
  if (mkdtemp(directory) == NULL || chdir(directory) != 0 || rmdir(directory) != 0 || chroot(".") != 0) return 9;
  if (setgid(65534) != 0 || setuid(65534) != 0) return 10;
  Keep(10, 9001);
  const pid_t child = fork();
  if (child == 0) {
    Drop(0, 5);
    Keep(10, 9003);
    exit(0);
  }
  return WaitFor(child);
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  int result = 64;
  if (strcmp(what, "inherits") == 0) result = Inherits();
  if (strcmp(what, "daemon") == 0) result = Daemon();
  if (strcmp(what, "_fork") == 0) result = Behind(1);
  if (strcmp(what, "clone") == 0) result = Behind(0);
  if (strcmp(what, "vfork") == 0) result = Vfork();
  if (strcmp(what, "storm") == 0) result = Storm();
  if (strcmp(what, "failed-exec") == 0) result = FailedExec();
  if (strcmp(what, "threads") == 0) result = Threads();
  if (strcmp(what, "no-more") == 0) result = NoMore();
  if (strcmp(what, "small-files") == 0) result = SmallFiles();
  if (strcmp(what, "errno") == 0) result = Errno();
  if (strcmp(what, "chroot") == 0) result = Chroot();
  return result;
}
