/* A service in few lines: works for as many milliseconds as its argument says (0: for ever), holding a thousand blocks of
 * 1000 bytes meanwhile, keeps three of them, and waits for the end of its standard input. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { kBlocks = 1000, kBytes = 1000, kKept = 3 };
static void* volatile blocks[kBlocks];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

int main(int count, char** arguments) {
  const double end = count > 1 && atoi(arguments[1]) > 0 ? now() + atoi(arguments[1]) : 1e300;
  for (int i = 0; i < kBlocks; i++) blocks[i] = malloc(kBytes);
  while (now() < end) {
    for (int i = kKept; i < kBlocks; i++) {
      free(blocks[i]);
      blocks[i] = malloc(kBytes);
    }
  }
  for (int i = kKept; i < kBlocks; i++) free(blocks[i]);
  char byte;
  while (read(0, &byte, 1) == 1) continue;
  return 0;
}
