// Preloaded behind the recorder: tells a signal handler whether it interrupts the real allocator, where it must neither
// allocate nor jump, with or without a recorder.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

__thread volatile int inside_real_allocator __attribute__((tls_model("initial-exec"))) = 0;

static void* (*next_malloc)(size_t);
static void (*next_free)(void*);

void* malloc(size_t size) {
  ++inside_real_allocator;
  if (next_malloc == NULL) next_malloc = (void* (*)(size_t))dlsym(RTLD_NEXT, "malloc");
  void* block = next_malloc(size);
  --inside_real_allocator;
  return block;
}

void free(void* block) {
  ++inside_real_allocator;
  if (next_free == NULL) next_free = (void (*)(void*))dlsym(RTLD_NEXT, "free");
  next_free(block);
  --inside_real_allocator;
}

int* InsideRealAllocator(void) { return (int*)&inside_real_allocator; }
