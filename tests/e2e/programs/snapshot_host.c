// A service that takes a snapshot of itself while it looks after its children in one of these ways, and insists that it
// cannot tell: no signal, no child, no descriptor, no change of errno or of the signal mask.
//   snapshot_host plain|handler|ignored|reaper NAME
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <track/track.h>
#include <unistd.h>

static volatile sig_atomic_t signals_seen = 0;
static volatile int reaped = 0, stop = 0;

static void OnChild(int signal) {
  (void)signal;
  ++signals_seen;
}

/// Waits for any child there may be, all the time.
static void* Reap(void* nothing) {
  while (!stop) {
    if (waitpid(-1, NULL, WNOHANG) > 0) ++reaped;
    usleep(100);
  }
  return nothing;
}

static int CountDescriptors(void) {
  int count = 0;
  DIR* directory = opendir("/proc/self/fd");
  while (readdir(directory) != NULL) ++count;
  closedir(directory);
  return count;
}

static void Insist(int condition, const char* what) {
  if (condition) return;
  printf("it is noticed: %s\n", what);
  exit(1);
}

static void TakeSnapshot(const char* name) {
  sigset_t before, after;
  const int descriptors = CountDescriptors();
  memset(&before, 0, sizeof before);  // sigprocmask fills in only as much as the kernel has
  memset(&after, 0, sizeof after);
  sigprocmask(SIG_SETMASK, NULL, &before);
  errno = 1234;
  const int result = mqtrack_snapshot(name);
  const int errno_after = errno;
  sigprocmask(SIG_SETMASK, NULL, &after);
  printf("%d %s\n", result, mqtrack_snapshot_error());
  Insist(errno_after == 1234, "errno");
  Insist(memcmp(&before, &after, sizeof before) == 0, "signal mask");
  Insist(CountDescriptors() == descriptors, "descriptors");
  Insist(signals_seen == 0, "SIGCHLD");
  Insist(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, "a child");
}

int main(int argc, char** argv) {
  pthread_t reaper;
  if (argc < 3) return 2;
  const int reaps = strcmp(argv[1], "reaper") == 0;
  if (strcmp(argv[1], "handler") == 0) signal(SIGCHLD, OnChild);
  if (strcmp(argv[1], "ignored") == 0) signal(SIGCHLD, SIG_IGN);
  if (reaps) pthread_create(&reaper, NULL, Reap, NULL);
  TakeSnapshot(argv[2]);
  stop = 1;
  if (reaps) pthread_join(reaper, NULL);
  Insist(reaped == 0, "a child, by its reaper");
  return 0;
}
