#include "preload/attach/hook_table.h"

#include <link.h>

#include <cstring>

#include "preload/attach/loaded_module.h"
#include "preload/attach/loader_hooks.h"
#include "preload/hooks/real_functions.h"

namespace mqtrack::redirection {
namespace {

constexpr char kOwnPrefix[] = "mqtrack_";
/// Of track/track.h: references to these are weak, and null as long as there is no recorder.
constexpr char kAnnotationPrefix[] = "mqtrack_v";

std::uint64_t HashName(const char* name, std::size_t bytes) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (std::size_t i = 0; i < bytes; ++i) hash = (hash ^ static_cast<unsigned char>(name[i])) * 0x100000001b3ULL;
  return hash;
}

bool StartsWith(const char* name, const char* prefix) { return std::strncmp(name, prefix, std::strlen(prefix)) == 0; }

bool IsAnnotation(const char* name) { return StartsWith(name, kAnnotationPrefix); }

bool IsCxxAllocation(const char* name) { return StartsWith(name, "_Zn") || StartsWith(name, "_Zd"); }

/// The exports of the module that this code is part of.
struct OwnExports {
  HookTable* table;
  void (HookTable::*add)(const char*, std::uintptr_t);
};

int VisitOwn(dl_phdr_info* info, std::size_t, void* data) {
  const LoadedModule module(*info);
  if (!module.usable() || !module.Contains(reinterpret_cast<std::uintptr_t>(&VisitOwn))) return 0;
  const auto& own = *static_cast<const OwnExports*>(data);
  for (std::size_t i = 1; i < module.symbol_count(); ++i) {
    const ElfW(Sym)* symbol = module.Symbol(i);
    std::size_t bytes = 0;
    if (symbol == nullptr || symbol->st_shndx == SHN_UNDEF || ELF64_ST_TYPE(symbol->st_info) != STT_FUNC) continue;
    const char* name = module.Name(*symbol, bytes);
    if (name == nullptr || (StartsWith(name, kOwnPrefix) && !IsAnnotation(name))) continue;
    (own.table->*own.add)(name, module.bias() + symbol->st_value);
  }
  return 1;
}

}  // namespace

void HookTable::Add(const char* name, std::uintptr_t hook) {
  const std::size_t bytes = std::strlen(name);
  if (count_ == kCapacity || Find(name, bytes) != nullptr) return;
  const bool is_annotation = IsAnnotation(name);
  const void* original = is_annotation ? nullptr : hooks::FindNext(name);
  if (original == nullptr && !is_annotation) return;
  // libstdc++'s operator new calls malloc, and its own call of that is redirected.
  if (IsCxxAllocation(name) && hooks::IsOfCxxLibrary(original)) return;
  hooks_[count_++] = {name, HashName(name, bytes), hook, reinterpret_cast<std::uintptr_t>(original)};
}

void HookTable::Fill() {
  OwnExports own = {this, &HookTable::Add};
  ::dl_iterate_phdr(VisitOwn, &own);
  for (const LoaderHook& hook : LoaderHooks()) Add(hook.name, hook.hook);
}

const Hook* HookTable::Find(const char* name, std::size_t name_bytes) const {
  const std::uint64_t hash = HashName(name, name_bytes);
  for (std::size_t i = 0; i < count_; ++i) {
    if (hooks_[i].name_hash == hash && std::strcmp(hooks_[i].name, name) == 0) return &hooks_[i];
  }
  return nullptr;
}

const Hook* HookTable::FindByHook(std::uintptr_t address) const {
  for (std::size_t i = 0; i < count_; ++i) {
    if (hooks_[i].hook == address) return &hooks_[i];
  }
  return nullptr;
}

}  // namespace mqtrack::redirection
