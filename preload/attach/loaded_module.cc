#include "preload/attach/loaded_module.h"

#include <sys/auxv.h>

#include <cstring>

namespace mqtrack::redirection {

LoadedModule::LoadedModule(const dl_phdr_info& info)
    : segments_(info.dlpi_phdr), segment_count_(info.dlpi_phnum), bias_(info.dlpi_addr) {
  const ElfW(Phdr)* dynamic = nullptr;
  start_ = ~std::uintptr_t{0};
  for (std::size_t i = 0; i < segment_count_; ++i) {
    const ElfW(Phdr)& segment = segments_[i];
    if (segment.p_type == PT_DYNAMIC) dynamic = &segment;
    if (segment.p_type != PT_LOAD) continue;
    const std::uintptr_t low = bias_ + segment.p_vaddr, high = low + segment.p_memsz;
    if (high < low) return;
    if (low < start_) start_ = low;
    if (high > end_) end_ = high;
  }
  if (dynamic == nullptr || start_ >= end_) return;
  const std::uintptr_t address = bias_ + dynamic->p_vaddr;
  if ((address & 7) != 0 || !Holds(address, dynamic->p_memsz)) return;
  ReadDynamic(reinterpret_cast<const ElfW(Dyn)*>(address), dynamic->p_memsz / sizeof(ElfW(Dyn)));
}

std::size_t LoadedModule::RoomAt(std::uintptr_t address) const {
  for (std::size_t i = 0; i < segment_count_; ++i) {
    const ElfW(Phdr)& segment = segments_[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_R) == 0) continue;
    const std::uintptr_t low = bias_ + segment.p_vaddr;
    if (address >= low && address - low < segment.p_memsz) return segment.p_memsz - (address - low);
  }
  return 0;
}

bool LoadedModule::Holds(std::uintptr_t address, std::size_t bytes) const { return RoomAt(address) >= bytes; }

bool LoadedModule::IsCode(std::uintptr_t address) const {
  for (std::size_t i = 0; i < segment_count_; ++i) {
    const ElfW(Phdr)& segment = segments_[i];
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0 &&
        address - (bias_ + segment.p_vaddr) < segment.p_memsz)
      return true;
  }
  return false;
}

bool LoadedModule::IsWritableData(std::uintptr_t address) const {
  if ((address & 7) != 0) return false;  // an unaligned store could be seen half done by another thread
  for (std::size_t i = 0; i < segment_count_; ++i) {
    const ElfW(Phdr)& segment = segments_[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) == 0 || (segment.p_flags & PF_X) != 0) continue;
    const std::uintptr_t offset = address - (bias_ + segment.p_vaddr);
    if (offset < segment.p_memsz && segment.p_memsz - offset >= 8) return true;
  }
  return false;
}

bool LoadedModule::IsProtectedOnceRelocated(std::uintptr_t address) const {
  const std::uintptr_t page = static_cast<std::uintptr_t>(::getauxval(AT_PAGESZ));
  for (std::size_t i = 0; i < segment_count_; ++i) {
    const ElfW(Phdr)& segment = segments_[i];
    if (segment.p_type != PT_GNU_RELRO) continue;
    const std::uintptr_t start = bias_ + segment.p_vaddr;  // whole pages only, as in glibc's _dl_protect_relro
    if (address >= (start & ~(page - 1)) && address < ((start + segment.p_memsz) & ~(page - 1))) return true;
  }
  return false;
}

// glibc writes absolute addresses into the dynamic section as it loads a file, but not where that is read-only.
std::uintptr_t LoadedModule::Address(std::uintptr_t value) const {
  return value >= start_ && value < end_ ? value : bias_ + value;
}

LoadedModule::Relocations LoadedModule::Checked(std::uintptr_t address, std::size_t bytes) const {
  if (address == 0 || (address & 7) != 0 || !Holds(address, bytes)) return {};
  return {reinterpret_cast<const ElfW(Rela)*>(address), bytes / sizeof(ElfW(Rela))};
}

void LoadedModule::ReadDynamic(const ElfW(Dyn) * dynamic, std::size_t entries) {
  std::uintptr_t hash = 0, gnu_hash = 0, data = 0, calls = 0;
  std::size_t data_bytes = 0, call_bytes = 0, symbol_bytes = sizeof(ElfW(Sym));
  bool calls_are_rela = true;
  for (std::size_t i = 0; i < entries && dynamic[i].d_tag != DT_NULL; ++i) {
    const std::uintptr_t value = dynamic[i].d_un.d_val;
    switch (dynamic[i].d_tag) {
      case DT_SYMTAB:
        symbols_ = Address(value);
        break;
      case DT_STRTAB:
        strings_ = Address(value);
        break;
      case DT_STRSZ:
        string_bytes_ = value;
        break;
      case DT_SYMENT:
        symbol_bytes = value;
        break;
      case DT_HASH:
        hash = Address(value);
        break;
      case DT_GNU_HASH:
        gnu_hash = Address(value);
        break;
      case DT_RELA:
        data = Address(value);
        break;
      case DT_RELASZ:
        data_bytes = value;
        break;
      case DT_JMPREL:
        calls = Address(value);
        break;
      case DT_PLTRELSZ:
        call_bytes = value;
        break;
      case DT_PLTREL:
        calls_are_rela = value == DT_RELA;
        break;
      default:
        break;
    }
  }
  if (symbol_bytes != sizeof(ElfW(Sym)) || (symbols_ & 7) != 0 || RoomAt(symbols_) < sizeof(ElfW(Sym))) return;
  if (string_bytes_ == 0 || !Holds(strings_, string_bytes_)) return;
  data_ = Checked(data, data_bytes);
  if (calls_are_rela) calls_ = Checked(calls, call_bytes);
  if (hash != 0 && (hash & 3) == 0 && Holds(hash, 8)) {
    symbol_count_ = reinterpret_cast<const std::uint32_t*>(hash)[1];
  } else if (gnu_hash != 0) {
    symbol_count_ = CountGnuHash(gnu_hash);
  }
  usable_ = true;
}

// The GNU hash table does not say how many symbols there are: the highest one in any bucket's chain is the last.
std::size_t LoadedModule::CountGnuHash(std::uintptr_t table) const {
  const std::size_t room = RoomAt(table);
  if ((table & 3) != 0 || room < 16) return 0;
  const auto* words = reinterpret_cast<const std::uint32_t*>(table);
  const std::size_t buckets = words[0], first = words[1], filter = words[2];
  const std::size_t all = room / 4, begin = 4 + filter * 2;
  if (begin > all || buckets > all - begin) return 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < buckets; ++i) {
    if (words[begin + i] > last) last = words[begin + i];
  }
  if (last < first) return first;
  const std::size_t chains = begin + buckets;
  while (chains + (last - first) < all && (words[chains + (last - first)] & 1) == 0) ++last;
  return last + 1;
}

const ElfW(Sym) * LoadedModule::Symbol(std::size_t index) const {
  const std::size_t room = RoomAt(symbols_) / sizeof(ElfW(Sym));
  return index < room ? reinterpret_cast<const ElfW(Sym)*>(symbols_) + index : nullptr;
}

const char* LoadedModule::Name(const ElfW(Sym) & symbol, std::size_t& bytes) const {
  if (symbol.st_name >= string_bytes_) return nullptr;
  const char* name = reinterpret_cast<const char*>(strings_) + symbol.st_name;
  const std::size_t room = string_bytes_ - symbol.st_name;
  bytes = ::strnlen(name, room);
  return bytes < room ? name : nullptr;
}

}  // namespace mqtrack::redirection
