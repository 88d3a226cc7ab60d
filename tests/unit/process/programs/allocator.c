// A library with a function of jemalloc's.
#include <stdlib.h>

__attribute__((visibility("default"))) void sdallocx(void* block, size_t size, int flags) {
  (void)size;
  (void)flags;
  free(block);
}
