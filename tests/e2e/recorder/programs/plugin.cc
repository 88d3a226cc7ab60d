// A C++ plugin of a C host. Built several times: SIZE is what it leaks in each call.
#include <dlfcn.h>

#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

struct Registered {
  std::vector<std::string> names{"one", "two", std::string(300, 'x')};
};
static Registered registered;

static __attribute__((noinline)) void Throwing(int depth) {
  std::string text(200 + depth, 'x');
  if (depth == 0) throw std::runtime_error(text);
  Throwing(depth - 1);
}

extern "C" int plugin_run() {
  int result = 0;
  try {
    Throwing(5);
  } catch (const std::exception& error) {
    result += error.what()[0] == 'x';
  }
  volatile std::size_t huge = static_cast<std::size_t>(PTRDIFF_MAX) - 64;
  try {
    (void)operator new(huge);
  } catch (const std::bad_alloc&) {
    result += 2;
  }
  try {
    (void)operator new[](huge, std::align_val_t(64));
  } catch (const std::bad_alloc&) {
    result += 4;
  }
  (void)operator new(SIZE);
  std::vector<int> numbers(1000, result);
  return numbers[999];
}

/// Which library throws our exceptions.
extern "C" const char* plugin_unwinder() {
  Dl_info info{};
  void* function = dlsym(RTLD_DEFAULT, "_Unwind_RaiseException");
  if (function == nullptr) {
    void* self = dlopen("libgcc_s.so.1", RTLD_LAZY | RTLD_NOLOAD);
    function = self == nullptr ? nullptr : dlsym(self, "_Unwind_RaiseException");
  }
  return function != nullptr && dladdr(function, &info) != 0 ? info.dli_fname : "none";
}
