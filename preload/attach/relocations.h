// Which relocations fill a word with the address of a function: in relocations_x86_64.cc and its like.
#pragma once

#include <link.h>

#include <cstddef>

namespace mqtrack::redirection {

enum class SlotKind {
  kNone,     // not the plain address of a symbol
  kCall,     // of a call through the procedure linkage table; may still point into that table (lazy binding)
  kPointer,  // a pointer in data or in the global offset table
};
[[nodiscard]] SlotKind KindOfSlot(const ElfW(Rela) & relocation);
[[nodiscard]] std::size_t SymbolOf(const ElfW(Rela) & relocation);

}  // namespace mqtrack::redirection
