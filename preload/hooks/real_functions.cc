#include "preload/hooks/real_functions.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "libtrack/log/layout.h"
#include "preload/hooks/start.h"
#include "preload/hooks/typed_function.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/unwinding/loaded_objects.h"

// Defined by the linker: where the recorder's own library begins and ends.
extern "C" const char __ehdr_start __attribute__((visibility("hidden")));
extern "C" const char _end __attribute__((visibility("hidden")));

namespace mqtrack::hooks {

constinit RealFunctions real = {};

namespace {
bool FindDynamicObject(const void* address, dl_find_object& found) {
  using Find = int (*)(void*, dl_find_object*);
  static const auto find = reinterpret_cast<Find>(::dlsym(RTLD_DEFAULT, "_dl_find_object"));
  return find != nullptr && find(const_cast<void*>(address), &found) == 0;
}

template <typename Function>
void Resolve(Function& function, const char* symbol) {
  function = reinterpret_cast<Function>(FindNext(symbol));
}
}  // namespace

void ResolveRealFunctions() {
  // A miss below leaves an error text that the next dlsym frees. A wrapper of free that was preloaded before us, and
  // looks the real one up when it is first called, would then recurse without end: it gets to do so now.
  std::free(nullptr);
  RealFunctions found = {};
#define MQTRACK_RESOLVE(name, result, parameters) Resolve(found.name, #name);
  MQTRACK_REAL_FUNCTIONS(MQTRACK_RESOLVE)
#undef MQTRACK_RESOLVE
  Resolve(found.quick_end, "_exit");
  const auto libc = reinterpret_cast<const void*>(&::getauxval);
  found.has_own_copies = !AreOfOneLibrary(reinterpret_cast<const void*>(found.strdup), libc) ||
                         !AreOfOneLibrary(reinterpret_cast<const void*>(found.strndup), libc);
  real = found;  // all at once: until here every hook serves from the bootstrap arena
}

namespace {

/// A program at fixed addresses which takes a function's address uses that of its own call stub, which becomes the
/// function's address for the whole process, and dlsym's answer: a word of the program leads from there to the
/// function. True if `address` is such a stub.
bool IsStub(const void* address) {
  Dl_info info{};
  void* symbol = nullptr;
  if (::dladdr1(address, &info, &symbol, RTLD_DL_SYMENT) == 0 || symbol == nullptr) return false;
  return static_cast<const ElfW(Sym)*>(symbol)->st_shndx == SHN_UNDEF;
}

/// The first definition behind the program itself, in the order in which the loader searches: what came with the
/// program stands before what was loaded later, and the program was bound to one of the former. Those never go, so that
/// the handles need not be given back.
void* FindBehind(const link_map* program, const char* symbol) {
  for (const link_map* map = program->l_next; map != nullptr; map = map->l_next) {
    void* handle = map->l_name[0] != '\0' ? ::dlopen(map->l_name, RTLD_LAZY | RTLD_NOLOAD) : nullptr;
    if (handle == nullptr) continue;
    void* function = ::dlsym(handle, symbol);  // in the library, and then in those that it needs
    if (function != nullptr && AreOfOneLibrary(function, map->l_ld) &&
        !AreOfOneLibrary(function, reinterpret_cast<const void*>(&FindBehind))) {
      return function;
    }
  }
  return nullptr;
}

}  // namespace

// Of a library that was put in later, "next" would only be among its own dependencies. It is not in the order that the
// process shares, so the first definition there is the one the process calls. dlsym then looks into the caller too.
void* FindNext(const char* symbol) {
  if (CameWithTheProgram()) return ::dlsym(RTLD_NEXT, symbol);
  void* found = ::dlsym(RTLD_DEFAULT, symbol);
  dl_find_object object;
  if (found != nullptr && FindDynamicObject(found, object) && object.dlfo_link_map->l_prev == nullptr && IsStub(found))
    found = FindBehind(object.dlfo_link_map, symbol);
  return found != nullptr && AreOfOneLibrary(found, reinterpret_cast<const void*>(&FindNext)) ? nullptr : found;
}

bool AreOfOneLibrary(const void* one, const void* other) {
  dl_find_object found;
  if (FindDynamicObject(one, found)) {
    const auto address = reinterpret_cast<std::uintptr_t>(other);
    return address >= reinterpret_cast<std::uintptr_t>(found.dlfo_map_start) &&
           address < reinterpret_cast<std::uintptr_t>(found.dlfo_map_end);
  }
  return false;
}

bool IsRealMallocOfGlibc() {
  const auto glibc = reinterpret_cast<const void*>(&::getauxval);
  return AreOfOneLibrary(reinterpret_cast<const void*>(real.malloc), glibc) &&
         AreOfOneLibrary(reinterpret_cast<const void*>(real.calloc), glibc) &&
         AreOfOneLibrary(reinterpret_cast<const void*>(real.realloc), glibc) &&
         AreOfOneLibrary(reinterpret_cast<const void*>(real.free), glibc);
}

// The loader's list begins with the program and what came with it; the loader itself stands behind every library that
// was preloaded, and before every one that was loaded later.
bool CameWithTheProgram() {
  static int answer = -1;
  if (answer >= 0) return answer != 0;
  dl_find_object own, loader;
  bool before_loader = true;  // without _dl_find_object (glibc before 2.35) there is no attaching
  if (FindDynamicObject(reinterpret_cast<const void*>(&FindNext), own) &&
      FindDynamicObject(reinterpret_cast<const void*>(::getauxval(AT_BASE)), loader)) {
    before_loader = false;
    for (const link_map* map = own.dlfo_link_map; map != nullptr && !before_loader; map = map->l_next)
      before_loader = map == loader.dlfo_link_map;
  }
  answer = before_loader ? 1 : 0;
  return before_loader;
}

namespace {

/// What was found, by symbol and caller's library: two words, as in recorder/rule_cache.cc.
struct Found {
  std::uint64_t check;  // key ^ function
  std::uint64_t function;
};
constexpr std::size_t kFoundEntries = 256;
Found found_before[kFoundEntries];
std::uint64_t found_era = 0x5bd1e995a7c3f00dULL;  // not 0, so that an empty entry never matches

void* LookUp(const char* symbol, const char* library) {
  void* handle = ::dlopen(library, RTLD_LAZY | RTLD_NOLOAD);
  if (handle == nullptr) return nullptr;
  void* function = ::dlsym(handle, symbol);
  real.dlclose(handle);  // the caller itself keeps it
  return function;
}

}  // namespace

void* FindForCaller(const char* symbol, const void* caller) {
  recorder::LoadedObject object;
  if (!recorder::FindObject(reinterpret_cast<std::uintptr_t>(caller), object)) return nullptr;
  if (object.name == nullptr || object.name[0] == 0) return nullptr;  // the executable: FindNext has looked there
  const std::uint64_t key =
      log::Mix(object.start ^ reinterpret_cast<std::uintptr_t>(symbol) << 16) ^ recorder::LoadRelaxed(found_era);
  Found& entry = found_before[key % kFoundEntries];
  const std::uint64_t check = recorder::LoadRelaxed(entry.check), known = recorder::LoadRelaxed(entry.function);
  if ((check ^ known) == key) return reinterpret_cast<void*>(known);
  void* function = LookUp(symbol, object.name);
  const auto fresh = reinterpret_cast<std::uint64_t>(function);
  recorder::StoreRelaxed(entry.function, fresh);
  recorder::StoreRelaxed(entry.check, key ^ fresh);
  return function;
}

bool IsOurs(const void* address) {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  return at >= reinterpret_cast<std::uintptr_t>(&__ehdr_start) && at < reinterpret_cast<std::uintptr_t>(&_end);
}

void ForgetCallers() { recorder::AddRelaxed(found_era, std::uint64_t{0x9e3779b97f4a7c15ULL}); }

std::uint64_t LibraryEra() { return recorder::LoadRelaxed(found_era); }

bool IsOfLibrary(const void* address, const char* prefix) {
  recorder::LoadedObject object;
  if (!recorder::FindObject(reinterpret_cast<std::uintptr_t>(address), object) || object.name == nullptr) return false;
  const char* slash = std::strrchr(object.name, '/');
  return std::strncmp(slash != nullptr ? slash + 1 : object.name, prefix, std::strlen(prefix)) == 0;
}

bool IsOfCxxLibrary(const void* address) { return IsOfLibrary(address, "libstdc++") || IsOfLibrary(address, "libc++"); }

}  // namespace mqtrack::hooks
