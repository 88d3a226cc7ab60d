// What the clients that come back lose on each way back, each of a size of its own. Built with FIXED, the same ways leave
// nothing behind.
#pragma once

#include <signal.h>
#include <stdlib.h>
#include <time.h>

#ifdef FIXED
#define TAKE(size) free(malloc(size))
#else
// In a list, so that a leak checker at exit would call it reachable.
struct Kept {
  struct Kept* next;
  char bytes[];
};
static struct Kept* kept;
#define TAKE(size)                 \
  struct Kept* one = malloc(size); \
  if (one == NULL) return;         \
  one->next = kept;                \
  kept = one
#endif

#define WAY(name, size)                              \
  __attribute__((noinline)) static void name(void) { \
    TAKE(size);                                      \
    __asm__ volatile("");                            \
  }
WAY(OnRefused, 101)
WAY(OnLetIn, 103)
WAY(OnLost, 107)
WAY(OnSubscribed, 109)
WAY(OnFailedLoop, 113)

static volatile sig_atomic_t is_over;

static void Stop(int signal) {
  (void)signal;
  is_over = 1;
}

static void PrepareToEnd(void) {
  signal(SIGTERM, Stop);
  signal(SIGINT, Stop);
}

// Before the next attempt.
static void WaitABit(void) {
  const struct timespec delay = {0, 5000000};
  nanosleep(&delay, NULL);
}
