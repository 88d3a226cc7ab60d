#include <elf.h>

#include "preload/attach/relocations.h"

namespace mqtrack::redirection {

SlotKind KindOfSlot(const ElfW(Rela) & relocation) {
  if (relocation.r_addend != 0) return SlotKind::kNone;
  switch (ELF64_R_TYPE(relocation.r_info)) {
    case R_X86_64_JUMP_SLOT:
      return SlotKind::kCall;
    case R_X86_64_GLOB_DAT:
    case R_X86_64_64:
      return SlotKind::kPointer;
    default:
      return SlotKind::kNone;
  }
}

std::size_t SymbolOf(const ElfW(Rela) & relocation) { return ELF64_R_SYM(relocation.r_info); }

}  // namespace mqtrack::redirection
