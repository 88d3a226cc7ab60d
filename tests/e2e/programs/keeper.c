// Keeps 100 blocks of 1,000 bytes for each line that it reads, and says so.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) static void KeepBlocks(void) {
  for (int i = 0; i < 100; ++i) {
    char* block = malloc(1000);
    if (block == NULL) exit(1);
    memset(block, 1, 1000);
    __asm__ volatile("" : : "r"(block) : "memory");
  }
}

int main(void) {
  char line[16];
  while (fgets(line, sizeof line, stdin) != NULL) {
    KeepBlocks();
    puts("kept");
    fflush(stdout);
  }
  return 0;
}
