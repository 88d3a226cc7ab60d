// Leaves memory behind when it ends: leaver BLOCKS BYTES, or leaver children COUNT BLOCKS BYTES, whose parent makes
// none itself.
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static void LeaveBehind(int blocks, size_t bytes) {
  for (int i = 0; i < blocks; ++i) {
    char* block = malloc(bytes);
    if (block == NULL) exit(1);
    memset(block, 1, bytes);
    __asm__ volatile("" : : "r"(block) : "memory");
  }
}

int main(int count, char** words) {
  if (count == 3) {
    LeaveBehind(atoi(words[1]), (size_t)atol(words[2]));
    return 0;
  }
  if (count != 5) return 2;
  for (int i = 0; i < atoi(words[2]); ++i) {
    const pid_t child = fork();
    if (child < 0) return 1;
    if (child != 0) continue;
    LeaveBehind(atoi(words[3]), (size_t)atol(words[4]));
    exit(0);
  }
  while (wait(NULL) > 0) {
  }
  return 0;
}
