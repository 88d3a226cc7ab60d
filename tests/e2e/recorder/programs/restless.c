// Never at rest until it is killed: threads allocate in waves that make the log grow, children are forked and end in
// every way. Ends by itself after twenty seconds, should nobody kill it.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kBlocks = 30000 };

static __attribute__((noinline)) void* Deep(int depth, size_t size) {
  volatile char room[32];
  room[depth % 32] = 1;
  void* block = depth > 0 ? Deep(depth - 1, size) : malloc(size);
  room[0] = 2;
  return block;
}

static void* Waves(void* seed) {
  unsigned state = (unsigned)(size_t)seed;
  void** blocks = calloc(kBlocks, sizeof(void*));
  for (int from = 0;; from = rand_r(&state) % kBlocks) {
    const int count = rand_r(&state) % 6000;
    for (int i = from; i < kBlocks && i < from + count; ++i) {
      const size_t size = 1 + rand_r(&state) % 3000;
      if (rand_r(&state) % 4 == 0) {
        blocks[i] = realloc(blocks[i], size);
      } else {
        free(blocks[i]);
        blocks[i] = rand_r(&state) % 5 == 0 ? NULL : Deep(rand_r(&state) % 40, size);
      }
    }
  }
  return NULL;
}

static void Child(unsigned number) {
  for (int i = 0; i < 200; ++i) free(malloc(1 + i));
  if (number % 4 == 0) execl("/bin/true", "true", NULL);
  if (number % 4 == 1) exit(0);
  if (number % 4 == 2) {
    for (;;) free(malloc(77));
  }
  _exit(0);
}

int main(void) {
  alarm(20);
  for (size_t i = 0; i < 3; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, Waves, (void*)(i + 1)) != 0) return 2;
  }
  for (unsigned number = 0;; ++number) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);
      Child(number);
    }
    if (number % 4 != 2) waitpid(child, NULL, 0);
    if (number % 40 == 39) while (waitpid(-1, NULL, WNOHANG) > 0);
    usleep(rand() % 3000);
  }
}
