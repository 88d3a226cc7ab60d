#include "preload/hooks/real_functions.h"

#include <dlfcn.h>

#include <cstdint>
#include <cstring>

#include "preload/recorder/cfi.h"

namespace mqtrack::hooks {

constinit RealFunctions real = {};

namespace {
template <typename Function>
void Resolve(Function& function, const char* symbol) {
  function = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, symbol));
}
}  // namespace

void ResolveRealFunctions() {
  RealFunctions found = {};
  Resolve(found.malloc, "malloc");
  Resolve(found.calloc, "calloc");
  Resolve(found.realloc, "realloc");
  Resolve(found.reallocarray, "reallocarray");
  Resolve(found.free, "free");
  Resolve(found.free_sized, "free_sized");
  Resolve(found.free_aligned_sized, "free_aligned_sized");
  Resolve(found.posix_memalign, "posix_memalign");
  Resolve(found.aligned_alloc, "aligned_alloc");
  Resolve(found.memalign, "memalign");
  Resolve(found.valloc, "valloc");
  Resolve(found.pvalloc, "pvalloc");
  Resolve(found.pthread_setname_np, "pthread_setname_np");
  Resolve(found.dlclose, "dlclose");
  Resolve(found.quick_end, "_exit");
  Resolve(found.setrlimit, "setrlimit");
  Resolve(found.prlimit, "prlimit");
  Resolve(found.execve, "execve");
  Resolve(found.execvpe, "execvpe");
  Resolve(found.fexecve, "fexecve");
  Resolve(found.execveat, "execveat");
  real = found;  // all at once: until here every hook serves from the bootstrap arena
}

void* ResolveLate(const char* symbol) {
  if (void* next = ::dlsym(RTLD_NEXT, symbol)) return next;
  constexpr const char* kLibraries[] = {"libstdc++.so.6", "libc++.so.1", "libc++abi.so.1"};
  for (const char* library : kLibraries) {
    void* handle = ::dlopen(library, RTLD_LAZY | RTLD_NOLOAD);
    if (handle == nullptr) continue;
    if (void* found = ::dlsym(handle, symbol)) return found;  // the handle is kept: the function must stay
    real.dlclose(handle);
  }
  return nullptr;
}

bool IsOfCxxLibrary(const void* address) {
  recorder::LoadedObject object;
  if (!recorder::FindObject(reinterpret_cast<std::uintptr_t>(address), object) || object.name == nullptr) return false;
  const char* slash = std::strrchr(object.name, '/');
  const char* name = slash != nullptr ? slash + 1 : object.name;
  return std::strncmp(name, "libstdc++", 9) == 0 || std::strncmp(name, "libc++", 6) == 0;
}

}  // namespace mqtrack::hooks
