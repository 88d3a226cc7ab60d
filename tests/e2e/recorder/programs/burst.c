// A service with one thread whose live set goes up and comes down again, when it is told to:
//
//   burst BLOCKS    for each line on stdin: "up" allocates what is missing to BLOCKS; "down" frees all but every
//                   hundredth, times each free, and goes on working with few blocks for a while. Says when it is done.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double MicrosNow(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void Up(void** blocks, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (blocks[i] == NULL) blocks[i] = malloc(24 + i % 100);
  }
  printf("up\n");
}

static void Down(void** blocks, size_t count) {
  double worst = 0;
  for (size_t i = 0; i < count; ++i) {
    if (i % 100 == 0) continue;
    const double start = MicrosNow();
    free(blocks[i]);
    const double took = MicrosNow() - start;
    if (took > worst) worst = took;
    blocks[i] = NULL;
  }
  for (int i = 0; i < 100000; ++i) free(malloc(1 + i % 500));
  printf("down, worst free %.0f us\n", worst);
}

int main(int argc, char** argv) {
  const size_t count = strtoul(argv[1], NULL, 10);
  void** blocks = calloc(count, sizeof(void*));
  char line[16];
  setvbuf(stdin, NULL, _IONBF, 0);
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (strcmp(line, "up\n") == 0) Up(blocks, count);
    if (strcmp(line, "down\n") == 0) Down(blocks, count);
    fflush(stdout);
  }
  (void)argc;
  return 0;
}
