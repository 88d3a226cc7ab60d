// Which relocations fill a word with the address of a function.
#pragma once

#include <elf.h>
#include <link.h>

#include <cstddef>

namespace mqtrack::redirection {

enum class SlotKind {
  kNone,     // not the plain address of a symbol
  kCall,     // of a call through the procedure linkage table; may still point into that table (lazy binding)
  kPointer,  // a pointer in data or in the global offset table
};
/// By the type of a relocation, whose addend is 0. In relocations_x86_64.cc and its like.
[[nodiscard]] SlotKind KindOfRelocation(unsigned long type);

[[nodiscard]] inline SlotKind KindOfSlot(const ElfW(Rela) & relocation) {
  return relocation.r_addend != 0 ? SlotKind::kNone : KindOfRelocation(ELF64_R_TYPE(relocation.r_info));
}
[[nodiscard]] inline std::size_t SymbolOf(const ElfW(Rela) & relocation) { return ELF64_R_SYM(relocation.r_info); }

}  // namespace mqtrack::redirection
