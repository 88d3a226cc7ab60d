#include "preload/attach/allocator_imports.h"

#include <link.h>

#include <cstring>

#include "libtrack/log/unseen_call.h"

namespace mqtrack::redirection {

AllocatorImport NextAllocatorImport(const LoadedModule& module, std::size_t& from) {
  while (from < module.symbol_count()) {
    const ElfW(Sym)* symbol = module.Symbol(from++);
    if (symbol == nullptr) return {};
    if (symbol->st_shndx != SHN_UNDEF) continue;
    std::size_t bytes = 0;
    const char* name = module.Name(*symbol, bytes);
    if (name != nullptr && log::IsAllocatorsOwn({name, bytes})) {
      return {name, ELF64_ST_BIND(symbol->st_info) == STB_WEAK};
    }
  }
  return {};
}

bool Defines(const LoadedModule& module, const char* wanted) {
  for (std::size_t i = 1; i < module.symbol_count(); ++i) {
    const ElfW(Sym)* symbol = module.Symbol(i);
    if (symbol == nullptr) return false;
    std::size_t bytes = 0;
    const char* name = symbol->st_shndx != SHN_UNDEF ? module.Name(*symbol, bytes) : nullptr;
    if (name != nullptr && std::strcmp(name, wanted) == 0) return true;
  }
  return false;
}

}  // namespace mqtrack::redirection
