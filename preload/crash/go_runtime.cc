#include "preload/crash/go_runtime.h"

#include <dlfcn.h>
#include <link.h>

#include <cstdint>

namespace mqtrack::crash {
namespace {

/// Handlers that were asked for; the lowest bit, which functions do not use, is what was found. Appended to.
constexpr std::uint32_t kMostKnown = 64;
std::uintptr_t known[kMostKnown];
std::uint32_t known_count = 0;

bool Find(const void* handler) {
  Dl_info info{};
  void* found = nullptr;
  if (::dladdr1(handler, &info, &found, RTLD_DL_LINKMAP) == 0 || found == nullptr) return false;
  const char* name = static_cast<const link_map*>(found)->l_name;
  void* module = ::dlopen(name != nullptr && *name != '\0' ? name : nullptr, RTLD_LAZY | RTLD_NOLOAD);
  if (module == nullptr) return false;
  // What C code goes through that calls Go: exported by all that was built with cgo. A module that only needs such a
  // library finds it there.
  const void* calls_go = ::dlsym(module, "crosscall2");
  void* owner = nullptr;
  const bool is_go = calls_go != nullptr && ::dladdr1(calls_go, &info, &owner, RTLD_DL_LINKMAP) != 0 && owner == found;
  ::dlclose(module);
  return is_go;
}

}  // namespace

bool IsOfGo(const void* handler) {
  const std::uintptr_t wanted = reinterpret_cast<std::uintptr_t>(handler) | 1;
  const std::uint32_t count = __atomic_load_n(&known_count, __ATOMIC_ACQUIRE);
  for (std::uint32_t i = 0; i < count && i < kMostKnown; ++i) {
    const std::uintptr_t one = __atomic_load_n(&known[i], __ATOMIC_ACQUIRE);
    if ((one | 1) == wanted) return (one & 1) != 0;
  }
  if (count >= kMostKnown) return false;
  const bool found = Find(handler);
  const std::uint32_t mine = __atomic_fetch_add(&known_count, 1, __ATOMIC_ACQ_REL);
  if (mine < kMostKnown)
    __atomic_store_n(&known[mine], (wanted & ~std::uintptr_t{1}) | (found ? 1u : 0u), __ATOMIC_RELEASE);
  return found;
}

}  // namespace mqtrack::crash
