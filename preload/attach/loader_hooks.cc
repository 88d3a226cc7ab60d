// What dlopen does depends on who calls it (search path, namespace), and dlsym(RTLD_NEXT) too. So both are jumped to,
// leaving no frame of ours, which means that nothing can be done afterwards. A library that a program has just opened
// is therefore looked at when the program next calls the loader: it must ask for a function before it can call one.
#include "preload/attach/loader_hooks.h"

#include "preload/attach/attach_entry.h"
#include "preload/hooks/real_functions.h"

namespace mqtrack::redirection {
namespace {

void* (*real_dlopen)(const char*, int) = nullptr;
void* (*real_dlmopen)(long, const char*, int) = nullptr;
void* (*real_dlsym)(void*, const char*) = nullptr;
void* (*real_dlvsym)(void*, const char*, const char*) = nullptr;

void* OnDlopen(const char* path, int flags) {
  NoticeNewModules();
  return real_dlopen(path, flags);
}
void* OnDlmopen(long space, const char* path, int flags) {
  NoticeNewModules();
  return real_dlmopen(space, path, flags);
}
void* OnDlsym(void* handle, const char* symbol) {
  NoticeNewModules();
  return real_dlsym(handle, symbol);
}
void* OnDlvsym(void* handle, const char* symbol, const char* version) {
  NoticeNewModules();
  return real_dlvsym(handle, symbol, version);
}

template <typename Function>
void Resolve(Function& function, const char* name) {
  function = reinterpret_cast<Function>(hooks::FindNext(name));
}

}  // namespace

std::span<const LoaderHook> LoaderHooks() {
  static const LoaderHook loader_hooks[] = {{"dlopen", reinterpret_cast<std::uintptr_t>(&OnDlopen)},
                                            {"dlmopen", reinterpret_cast<std::uintptr_t>(&OnDlmopen)},
                                            {"dlsym", reinterpret_cast<std::uintptr_t>(&OnDlsym)},
                                            {"dlvsym", reinterpret_cast<std::uintptr_t>(&OnDlvsym)}};
  return loader_hooks;
}

void ResolveLoaderFunctions() {
  Resolve(real_dlopen, "dlopen");
  Resolve(real_dlmopen, "dlmopen");
  Resolve(real_dlsym, "dlsym");
  Resolve(real_dlvsym, "dlvsym");
}

}  // namespace mqtrack::redirection
