// An allocator as mimalloc is from 2.1 on: its strdup and strndup reach its blocks without malloc. Here the blocks are the C
// library's.
#include <stddef.h>
#include <string.h>

void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* block, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void* __libc_valloc(size_t size);
void __libc_free(void* block);

void* malloc(size_t size) { return __libc_malloc(size); }
void* calloc(size_t count, size_t size) { return __libc_calloc(count, size); }
void* realloc(void* block, size_t size) { return __libc_realloc(block, size); }
void* memalign(size_t alignment, size_t size) { return __libc_memalign(alignment, size); }
void* aligned_alloc(size_t alignment, size_t size) { return __libc_memalign(alignment, size); }
void* valloc(size_t size) { return __libc_valloc(size); }
void free(void* block) { __libc_free(block); }
int posix_memalign(void** block, size_t alignment, size_t size) {
  *block = __libc_memalign(alignment, size);
  return *block != NULL ? 0 : 12;
}

static char* Copy(const char* text, size_t length) {
  char* copy = __libc_malloc(length + 1);
  if (copy == NULL) return NULL;
  memcpy(copy, text, length);
  copy[length] = 0;
  return copy;
}
char* strdup(const char* text) { return Copy(text, strlen(text)); }
char* strndup(const char* text, size_t most) { return Copy(text, strnlen(text, most)); }
