// The memory of a loaded file, as the dynamic loader leaves it, small and made by hand: one call slot of malloc and one
// pointer to free. For tests of those who read it without believing it.
#pragma once

#include <link.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace mqtrack::testing {

/// Offsets from its start; addresses in it are relative, as where the dynamic section is read-only.
struct ModuleImage {
  ElfW(Dyn) dynamic[12];
  ElfW(Sym) symbols[3];
  ElfW(Rela) calls[1], pointers[1];
  std::uint32_t hash[4];
  std::uint32_t gnu_hash[8];
  char strings[32];
  std::uint64_t call_slot, pointer_slot;
  std::uint8_t code[64];
};

inline ModuleImage MakeModuleImage() {
  ModuleImage image{};
  std::memcpy(image.strings, "\0malloc\0free\0", 13);
  image.symbols[1].st_name = 1;
  image.symbols[2].st_name = 8;
  image.calls[0] = {offsetof(ModuleImage, call_slot), ELF64_R_INFO(1, R_X86_64_JUMP_SLOT), 0};
  image.pointers[0] = {offsetof(ModuleImage, pointer_slot), ELF64_R_INFO(2, R_X86_64_GLOB_DAT), 0};
  image.hash[0] = 1;
  image.hash[1] = 3;      // symbols
  image.gnu_hash[0] = 1;  // buckets
  image.gnu_hash[1] = 1;  // first symbol
  image.gnu_hash[2] = 1;  // words of the filter, of eight bytes
  image.gnu_hash[6] = 1;  // the bucket's first symbol
  image.gnu_hash[7] = 1;  // the end of its chain: one symbol
  auto add = [&, next = 0](ElfW(Sxword) tag, std::uint64_t value) mutable {
    image.dynamic[next].d_tag = tag;
    image.dynamic[next++].d_un.d_val = value;
  };
  add(DT_SYMTAB, offsetof(ModuleImage, symbols));
  add(DT_SYMENT, sizeof(ElfW(Sym)));
  add(DT_STRTAB, offsetof(ModuleImage, strings));
  add(DT_STRSZ, sizeof image.strings);
  add(DT_RELA, offsetof(ModuleImage, pointers));
  add(DT_RELASZ, sizeof image.pointers);
  add(DT_JMPREL, offsetof(ModuleImage, calls));
  add(DT_PLTRELSZ, sizeof image.calls);
  add(DT_PLTREL, DT_RELA);
  add(DT_HASH, offsetof(ModuleImage, hash));
  add(DT_NULL, 0);
  return image;
}

/// How the loader describes memory at `start`: data, of which the last `code_bytes` are code.
struct ModuleSegments {
  ElfW(Phdr) headers[3] = {};
  dl_phdr_info info = {};

  ModuleSegments(const void* start, std::size_t bytes, std::size_t code_bytes, std::size_t dynamic_at,
                 std::size_t dynamic_bytes) {
    const auto segment = [](ElfW(Word) type, ElfW(Word) flags, std::size_t at, std::size_t size) {
      ElfW(Phdr) header{};
      header.p_type = type;
      header.p_flags = flags;
      header.p_vaddr = at;
      header.p_memsz = size;
      return header;
    };
    headers[0] = segment(PT_LOAD, PF_R | PF_W, 0, bytes - code_bytes);
    headers[1] = segment(PT_LOAD, PF_R | PF_X, bytes - code_bytes, code_bytes);
    headers[2] = segment(PT_DYNAMIC, PF_R | PF_W, dynamic_at, dynamic_bytes);
    info.dlpi_addr = reinterpret_cast<std::uintptr_t>(start);
    info.dlpi_phdr = headers;
    info.dlpi_phnum = 3;
  }
};

}  // namespace mqtrack::testing
