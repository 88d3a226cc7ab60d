// A program that frees by jemalloc's own function.
#include <stdlib.h>

void sdallocx(void* block, size_t size, int flags);

int main(void) {
  sdallocx(malloc(10), 10, 0);
  return 0;
}
