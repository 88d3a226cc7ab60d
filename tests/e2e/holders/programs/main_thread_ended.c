// A process whose main thread ends, while another one works on and holds memory by a global.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { kBlocks = 100 };
static void* volatile kept[kBlocks];
static pthread_t main_thread;

static void* WorkOn(void* unused) {
  (void)unused;
  pthread_join(main_thread, NULL);
  for (int i = 0; i < kBlocks; ++i) kept[i] = malloc(1000);
  puts("ready");
  fflush(stdout);
  pause();
  return NULL;
}

int main(void) {
  main_thread = pthread_self();
  pthread_t worker;
  if (pthread_create(&worker, NULL, WorkOn, NULL) != 0) return 1;
  pthread_exit(NULL);
}
