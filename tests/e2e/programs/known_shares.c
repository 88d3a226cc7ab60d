// Uses processor time in known shares: 60 % in heavy_part, 30 % in middle_part, 10 % in light_part, by the number of
// equal steps that each makes. Says "ready" when it has begun.
//
//   known_shares MODE [ROUNDS]   ends after so many, or never
//
//   MODE      busy      without a pause, in one thread
//             threads   the same in two threads, "worker-a" and "worker-b", of which b makes a third of the steps of a
//             bursts    a part at a time, with a pause behind each
//             kernel    like busy; 10 % and more of the time in system calls of write_part
//             brief     in threads that live for some milliseconds each
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile unsigned long sink;

#define PART __attribute__((noinline, noclone)) static

// The one place where all parts spend their time, so that equal steps take equally long.
PART unsigned long steps(unsigned long count) {
  unsigned long value = count;
  for (unsigned long i = 0; i < count; i++) {
    value = value * 6364136223846793005UL + 1442695040888963407UL;
    __asm__ volatile("" : "+r"(value));
  }
  return value;
}

// Each does something with the result: what a jump calls has no caller.
PART void heavy_part(unsigned long unit) { sink += steps(6 * unit); }
PART void middle_part(unsigned long unit) { sink += steps(3 * unit); }
PART void light_part(unsigned long unit) { sink += steps(unit); }

static void pause_nanos(long nanos) {
  const struct timespec pause = {0, nanos};
  nanosleep(&pause, NULL);
}

PART void one_round(unsigned long unit) {
  heavy_part(unit);
  middle_part(unit);
  light_part(unit);
  sink++;
}

PART void rounds_with_pauses(unsigned long unit) {
  for (;;) {
    heavy_part(unit);
    pause_nanos(2000000);
    middle_part(unit);
    pause_nanos(2000000);
    light_part(unit);
    pause_nanos(2000000);
  }
}

static void* worker_a(void* unit) {
  for (;;) one_round((unsigned long)unit);
  return NULL;
}

static void* worker_b(void* unit) {
  for (;;) {
    // As much waiting as the other one works beyond it, whatever the processors have to do besides.
    struct timespec before, after;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    one_round((unsigned long)unit);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    pause_nanos(2 * ((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec));
  }
  return NULL;
}

static void* brief_life(void* unit) {
  one_round((unsigned long)unit);
  return NULL;
}

PART void write_part(int file) {
  static char bytes[1 << 20];
  for (int i = 0; i < 8; i++) (void)!pwrite(file, bytes, sizeof bytes, 0);
}

static pthread_t start(void* (*run)(void*), const char* name, unsigned long unit) {
  pthread_t thread;
  pthread_create(&thread, NULL, run, (void*)unit);
  if (name) pthread_setname_np(thread, name);
  return thread;
}

int main(int count, char** arguments) {
  const char* mode = count > 1 ? arguments[1] : "busy";
  puts("ready");
  fflush(stdout);
  if (!strcmp(mode, "bursts")) rounds_with_pauses(100000);
  if (!strcmp(mode, "threads")) {
    start(worker_a, "worker-a", 100000);
    pthread_join(start(worker_b, "worker-b", 100000), NULL);
  }
  const int file = !strcmp(mode, "kernel") ? fileno(tmpfile()) : -1;
  const long rounds = count > 2 ? atol(arguments[2]) : -1;
  for (long round = 0; round != rounds; round++) {
    if (!strcmp(mode, "brief")) {
      pthread_join(start(brief_life, NULL, 500000), NULL);
    } else {
      one_round(100000);
      if (file >= 0) write_part(file);
    }
  }
  return 0;
}
