/* A service whose memory does what its live blocks do not. A line on standard input is done and answered:
   "up" makes BLOCKS blocks of 1,000 bytes; "down" frees all but every hundredth, so that nothing goes back to the
   system; "map" maps and touches MAPPED bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { BLOCKS = 40000, MAPPED = 24 << 20 };
static void* blocks[BLOCKS];

int main(void) {
  char line[16];
  setvbuf(stdin, NULL, _IONBF, 0);
  while (fgets(line, sizeof line, stdin) != NULL) {
    for (size_t i = 0; strcmp(line, "up\n") == 0 && i < BLOCKS; ++i) blocks[i] = memset(malloc(1000), 1, 1000);
    for (size_t i = 0; strcmp(line, "down\n") == 0 && i < BLOCKS; ++i) {
      if (i % 100 == 0) continue;
      free(blocks[i]);
      blocks[i] = NULL;
    }
    if (strcmp(line, "map\n") == 0)
      memset(mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, MAPPED);
    fputs(line, stdout);
    fflush(stdout);
  }
  return 0;
}
