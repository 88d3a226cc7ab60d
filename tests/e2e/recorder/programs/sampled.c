// Allocates in every way a C program has, frees some or all of it, and says what is left: bytes, and where its code
// lies. Usage: sampled THREADS BLOCKS KEEP_ONE_IN (0: keep none)
#include <inttypes.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char __executable_start, etext;
static unsigned long blocks, keep_one_in;
static uint64_t kept_bytes;

static void *allocate(unsigned long how, size_t size) {
  void *block = NULL;
  switch (how % 5) {
    case 0:
      return calloc(3, size / 3 + 1);
    case 1:
      return realloc(malloc(size / 2 + 1), size);
    case 2:
      return realloc(NULL, size);
    case 3:
      return posix_memalign(&block, 64, size) == 0 ? block : NULL;
    default:
      return malloc(size);
  }
}

static void *churn(void *seed) {
  uint32_t random = (uint32_t)(uintptr_t)seed * 2654435761u + 1;
  for (unsigned long i = 0; i < blocks; ++i) {
    random = random * 1664525u + 1013904223u;
    const size_t size = 16 + (random >> 8) % 4000;
    void *block = allocate(i, size);
    if (block == NULL) abort();
    if (keep_one_in != 0 && i / 5 % keep_one_in == 0)
      __atomic_fetch_add(&kept_bytes, i % 5 == 0 ? (size / 3 + 1) * 3 : size, __ATOMIC_RELAXED);
    else
      free(block);
  }
  return NULL;
}

int main(int argc, char **argv) {
  const unsigned long threads = strtoul(argv[1], NULL, 10);
  blocks = strtoul(argv[2], NULL, 10) / threads;
  keep_one_in = strtoul(argv[3], NULL, 10);
  pthread_t others[16];
  for (unsigned long i = 1; i < threads; ++i) pthread_create(&others[i], NULL, churn, (void *)(i + 1));
  churn((void *)1);
  for (unsigned long i = 1; i < threads; ++i) pthread_join(others[i], NULL);
  char line[128];
  const int length = snprintf(line, sizeof line, "%" PRIu64 " %" PRIuPTR " %" PRIuPTR "\n", kept_bytes,
                              (uintptr_t)&__executable_start, (uintptr_t)&etext);
  if (write(1, line, (size_t)length) != length) return 1;
  _exit(0);
}
