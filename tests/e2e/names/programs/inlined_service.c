/* Loses 3001 bytes a line of standard input, in a function that is inlined into the one that is called, and answers with
   a dot. */
#include <stdlib.h>
#include <unistd.h>

static void* volatile sink;

static inline __attribute__((always_inline)) void inlined_leak(void) {
  sink = malloc(3001);
  __asm__ volatile("");
}

__attribute__((noinline)) void on_message(void) {
  inlined_leak();
  __asm__ volatile("");
}

int main(void) {
  char byte;
  while (read(0, &byte, 1) == 1) {
    on_message();
    if (write(1, ".", 1) != 1) return 1;
  }
  return 0;
}
