#include <elf.h>

#include "preload/attach/relocations.h"

namespace mqtrack::redirection {

SlotKind KindOfRelocation(unsigned long type) {
  switch (type) {
    case R_X86_64_JUMP_SLOT:
      return SlotKind::kCall;
    case R_X86_64_GLOB_DAT:
    case R_X86_64_64:
      return SlotKind::kPointer;
    default:
      return SlotKind::kNone;
  }
}

}  // namespace mqtrack::redirection
