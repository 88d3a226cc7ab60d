/* What heapgraph_bench.py looks at: blocks in lists of 16 that hang from a table, each with a pointer to the block made
 * before it as well; three of them lost. Prints "ready", reads a line, and ends.
 *
 *   linked_blocks BLOCKS BYTES_EACH */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct block {
  struct block *next, *before;
};
static struct block* volatile* volatile table;  // as if somebody else read it

static __attribute__((noinline)) void make(long blocks, size_t bytes) {
  struct block* last = NULL;
  table = calloc((size_t)blocks / 16 + 1, sizeof *table);
  for (long i = 0; i < blocks; ++i) {
    struct block* made = malloc(bytes);
    memset(made, 0x11, bytes);
    made->next = table[i / 16];
    made->before = last;
    table[i / 16] = last = made;
  }
  void* volatile lost;
  for (int i = 0; i < 3; ++i) lost = malloc(77);
  lost = NULL;
  (void)lost;
}

int main(int count, char** arguments) {
  if (count < 3) return 2;
  make(atol(arguments[1]), (size_t)atol(arguments[2]));
  puts("ready");
  fflush(stdout);
  char line[16];
  return fgets(line, sizeof line, stdin) == NULL ? 1 : 0;
}
