// What the malloc family answers at its edges, errno included. Prints the same with and without a recorder.
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile size_t huge = PTRDIFF_MAX;
static volatile size_t zero = 0;

static void Show(const char* what, const void* block) {
  printf("%s: %s errno %d\n", what, block != NULL ? "block" : "null", errno);
}
#define SHOW(call)   \
  do {               \
    errno = 77;      \
    void* p_ = call; \
    Show(#call, p_); \
    free(p_);        \
  } while (0)

static void ShowAligned(size_t alignment, size_t size) {
  void* block = &block;
  errno = 77;
  const int result = posix_memalign(&block, alignment, size);
  const int after = errno;
  printf("posix_memalign(%zu, %zu): %d errno %d %s\n", alignment, size, result, after,
         block == &block                     ? "untouched"
         : (uintptr_t)block % alignment == 0 ? "aligned"
                                             : "misaligned");
  if (result == 0) free(block);
}

static void Reallocations(void) {
  char* block = malloc(100);
  memset(block, 'x', 100);
  errno = 77;
  char* failed = realloc(block, huge);
  printf("failing realloc: %s errno %d, content %s\n", failed == NULL ? "null" : "block", errno,
         memcmp(block, "xxxx", 4) ? "lost" : "kept");
  errno = 77;
  failed = reallocarray(block, huge, 4);
  printf("reallocarray overflow: %s errno %d\n", failed == NULL ? "null" : "block", errno);
  for (size_t size = 1; size < 400000; size = size * 3 + 1) {
    block = realloc(block, size);
    if (block[0] != 'x') printf("content lost at %zu\n", size);
  }
  block = realloc(block, 10);
  errno = 77;
  char* gone = realloc(block, zero);
  printf("realloc to 0: %s errno %d\n", gone == NULL ? "null" : "block", errno);
  SHOW(realloc(NULL, 10));
  SHOW(realloc(NULL, zero));
}

int main(int argc, char** argv) {
  free(malloc(1));  // some allocators set errno when they start
  SHOW(malloc(zero));
  SHOW(malloc(100));
  SHOW(malloc(huge));
  SHOW(calloc(huge, 4));
  SHOW(calloc(zero, 4));
  SHOW(calloc(10, 10));
  SHOW(aligned_alloc(64, 128));
  SHOW(aligned_alloc(3, 128));
  SHOW(memalign(4096, 10));
  SHOW(memalign(48, 10));
  SHOW(memalign(huge, 10));
  SHOW(valloc(10));
  if (argc < 2) {  // jemalloc has none, and glibc's block is not for its free
    SHOW(pvalloc(10));
    SHOW(pvalloc(huge));
  }
  SHOW(reallocarray(NULL, 10, 10));
  ShowAligned(16, 100);
  ShowAligned(3, 100);
  ShowAligned(4, 100);
  ShowAligned(0, 100);
  ShowAligned(64, huge);
  Reallocations();
  errno = 77;
  free(NULL);
  free(malloc(1 << 20));
  printf("free: errno %d\n", errno);
  for (size_t size = 0; size < 3000; size = size * 2 + 1) {
    void* block = malloc(size);
    printf("usable %zu: %zu\n", size, malloc_usable_size(block));
    free(block);
  }
  for (int i = 0; i < 7; ++i) (void)!malloc(7001);  // seven known leaks
  return 0;
}
