// A thread waits for a child that it has made by vfork, as long as standard input is open: the kernel cannot stop it.
// The main thread has something to do each millisecond, and says at the end how long it could not.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static volatile int has_ended;
static void* Wait(void* nothing) {
  char byte;
  if (vfork() == 0) _exit(read(STDIN_FILENO, &byte, 1) != 0);
  has_ended = 1;
  return nothing;
}

static double Now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(void) {
  pthread_t thread;
  void* volatile block = malloc(100);
  if (pthread_create(&thread, NULL, Wait, NULL) != 0) abort();
  puts("ready");
  fflush(stdout);
  double longest = 0;
  for (double last = Now(); !has_ended;) {
    usleep(1000);  // the clock by which it is told how long nothing ran
    const double now = Now();
    if (now - last > longest) longest = now - last;
    last = now;
  }
  pthread_join(thread, NULL);
  printf("stood %.3f\n", longest);
  free(block);
  return 0;
}
