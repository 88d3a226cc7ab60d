// A program at fixed addresses that takes functions' addresses, as interpreters do: what it takes are its own call stubs,
// which are then these functions' addresses for the whole process. Some of them are first called after the attach.
//
// For each line on standard input: allocates and frees through the addresses and directly, and prints "alive" and how
// many blocks it holds; ends at its end.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct functions {
  void* (*allocate)(size_t);
  void* (*allocate_zeroed)(size_t, size_t);
  void* (*resize)(void*, size_t);
  void (*release)(void*);
  int (*close_file)(int);
  int (*duplicate)(int);
  void* (*map)(void*, size_t, int, int, int, off_t);
  int (*unmap)(void*, size_t);
};
struct functions volatile functions;

// In code, where the loader changes nothing: that is what makes a stub the function's address.
__attribute__((noinline)) static void take_addresses(void) {
  functions.allocate = malloc;
  functions.allocate_zeroed = calloc;
  functions.resize = realloc;
  functions.release = free;
  functions.close_file = close;
  functions.duplicate = dup;
  functions.map = mmap;
  functions.unmap = munmap;
}

__attribute__((noinline)) static void keep_one(void) {
  void* volatile kept = functions.allocate(3001);
  if (kept == NULL) abort();
}

int main(void) {
  char line[16];
  int held = 0;
  take_addresses();
  printf("ready\n");
  fflush(stdout);
  while (read(0, line, sizeof line) > 0) {
    for (int i = 0; i < 100; ++i) {
      void* block = functions.allocate_zeroed(1, 100);
      block = functions.resize(block, 5000);
      functions.release(block);
      void* other = malloc(200);
      free(other);
      const int copy = functions.duplicate(1);
      functions.close_file(copy);
      void* map = functions.map(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      functions.unmap(map, 8192);
    }
    keep_one();
    printf("alive %d\n", ++held);
    fflush(stdout);
  }
  return 0;
}
