// A program that would free by jemalloc's own function if that were there.
#include <stdlib.h>

__attribute__((weak)) void sdallocx(void* block, size_t size, int flags);

int main(void) {
  void* block = malloc(10);
  if (sdallocx != NULL) {
    sdallocx(block, 10, 0);
  } else {
    free(block);
  }
  return 0;
}
