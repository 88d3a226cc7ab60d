// The least that a tool costs which is preloaded and hooks what a heap profiler that follows connections must hook: one
// counter of the thread's own and one comparison on the way in, one comparison on the way out, and nothing ever done.
// For broker_bench.py --floor.
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

// What glibc calls the same functions for its own use.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void __libc_free(void*);
ssize_t __read(int, void*, std::size_t);
ssize_t __write(int, const void*, std::size_t);
}

namespace {

thread_local std::uint64_t bytes_left = ~std::uint64_t{0};
/// As a sampling profiler has one: whether something was recorded on a page.
std::uint8_t pages[65536];

void Count(std::size_t bytes) {
  if (bytes_left <= bytes) std::abort();
  bytes_left -= bytes;
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  Count(size);
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  Count(size);
  return __libc_calloc(count, size);
}
void* realloc(void* block, std::size_t size) {
  Count(size);
  return __libc_realloc(block, size);
}
void free(void* block) {
  if (pages[reinterpret_cast<std::uintptr_t>(block) >> 12 & 65535] != 0) std::abort();
  __libc_free(block);
}
ssize_t read(int fd, void* buffer, std::size_t bytes) {
  const ssize_t got = __read(fd, buffer, bytes);
  if (got > 0) Count(1);
  return got;
}
ssize_t write(int fd, const void* buffer, std::size_t bytes) {
  Count(1);
  return __write(fd, buffer, bytes);
}

}  // extern "C"
