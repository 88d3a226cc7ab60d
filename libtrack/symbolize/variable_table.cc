#include "libtrack/symbolize/variable_table.h"

#include <algorithm>
#include <tuple>

#include "libtrack/symbolize/demangle.h"

namespace mqtrack::symbolize {

VariableTable::VariableTable(const ElfFile* code, const ElfFile* debug) {
  if (code != nullptr) ReadTable(*code, SHT_SYMTAB);
  if (debug != nullptr && variables_.empty()) ReadTable(*debug, SHT_SYMTAB);
  if (code != nullptr && variables_.empty()) ReadTable(*code, SHT_DYNSYM);
  std::sort(variables_.begin(), variables_.end(), [](const Variable& a, const Variable& b) {
    return std::tie(a.start, a.global, b.name) < std::tie(b.start, b.global, a.name);
  });
}

void VariableTable::ReadTable(const ElfFile& file, GElf_Word type) {
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(file.elf(), section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != type || header.sh_entsize == 0) continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    if (data == nullptr) continue;
    const std::size_t count = std::min<std::size_t>(data->d_size, header.sh_size) / header.sh_entsize;
    for (std::size_t i = 0; i < count; ++i) {
      GElf_Sym symbol;
      if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) continue;
      if (GELF_ST_TYPE(symbol.st_info) != STT_OBJECT || symbol.st_shndx == SHN_UNDEF || symbol.st_size == 0) continue;
      const char* name = elf_strptr(file.elf(), header.sh_link, symbol.st_name);
      if (name == nullptr || *name == 0 || symbol.st_value + symbol.st_size < symbol.st_value) continue;
      variables_.push_back(
          {symbol.st_value, symbol.st_value + symbol.st_size, name, GELF_ST_BIND(symbol.st_info) != STB_LOCAL});
    }
  }
}

VariableSymbol VariableTable::Find(std::uint64_t vaddr) const {
  auto behind = std::upper_bound(variables_.begin(), variables_.end(), vaddr,
                                 [](std::uint64_t at, const Variable& variable) { return at < variable.start; });
  // Variables do not overlap; a few names may stand for one.
  constexpr int kMostNames = 16;
  for (int i = 0; i < kMostNames && behind != variables_.begin(); ++i) {
    --behind;
    if (vaddr < behind->end) return {ReadableName(behind->name), behind->start};
  }
  return {};
}

}  // namespace mqtrack::symbolize
