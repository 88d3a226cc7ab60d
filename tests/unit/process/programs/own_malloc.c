// A program with an allocator linked in, as jemalloc or tcmalloc would be.
#include <stddef.h>

static char memory[65536];
static size_t used;

void* malloc(size_t bytes) {
  void* block = memory + used;
  used += (bytes + 15) & ~(size_t)15;
  return used <= sizeof memory ? block : NULL;
}
void free(void* block) { (void)block; }

int main(void) { return malloc(1) == NULL; }
