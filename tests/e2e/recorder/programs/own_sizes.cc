// Allocates known sizes in every way there is, on several threads, and keeps some. Built several times, each with
// another allocator linked to it.
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <thread>
#include <vector>

static void* Keep(void* block) {
  asm volatile("" : : "r"(block) : "memory");
  return block;
}

static void Thread(int number) {
  for (int i = 0; i < 200; ++i) {
    const std::size_t size = 50000 + static_cast<std::size_t>(number * 200 + i) * 3;
    Keep(std::malloc(size));
    Keep(std::calloc(1, size + 1));
    void* block = std::malloc(size);
    Keep(std::realloc(block, size + 2));
    std::free(Keep(std::malloc(size + 5)));
  }
  void* aligned = nullptr;
  if (posix_memalign(&aligned, 64, 91003) == 0) Keep(aligned);
  Keep(std::aligned_alloc(64, 91008));
  Keep(memalign(32, 91011));
  Keep(valloc(91013));
  Keep(operator new(92001));
  Keep(operator new[](92003));
  Keep(operator new(92005, std::nothrow));
  Keep(operator new[](92007, std::nothrow));
  Keep(operator new(92032, std::align_val_t(32)));
  Keep(operator new[](92096, std::align_val_t(64)));
  operator delete(operator new(93001));
  operator delete[](operator new[](93003));
  operator delete(operator new(93032, std::align_val_t(32)), std::align_val_t(32));
  char* text = strdup(std::string(94001, 'x').c_str());
  Keep(text);
  Keep(strndup(text, 93901));
  std::free(Keep(strdup("given back")));
}

int main() {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(Thread, i);
  for (std::thread& thread : threads) thread.join();
  std::puts("done");
}
