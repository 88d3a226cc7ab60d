#include "libtrack/attach/remote/remote_module.h"

#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace mqtrack::attach {
namespace {

constexpr std::uint64_t kMostSymbols = 1 << 20;
constexpr std::uint64_t kMostStringBytes = 16 << 20;

struct Tables {
  std::uint64_t symbols = 0, strings = 0, string_bytes = 0;
};

bool ReadTables(const RemoteMemory& memory, const RemoteModule& module, std::uint64_t& bias, Tables& tables) {
  Elf64_Ehdr header;
  if (!memory.Read(module.start, &header, sizeof header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum > 256)
    return false;
  std::vector<Elf64_Phdr> segments(header.e_phnum);
  if (!memory.Read(module.start + header.e_phoff, segments.data(), segments.size() * sizeof(Elf64_Phdr))) return false;
  const auto first = std::find_if(segments.begin(), segments.end(), [](const auto& s) { return s.p_type == PT_LOAD; });
  const auto dynamic =
      std::find_if(segments.begin(), segments.end(), [](const auto& s) { return s.p_type == PT_DYNAMIC; });
  if (first == segments.end() || dynamic == segments.end() || dynamic->p_memsz > 64 * 1024) return false;
  bias = module.start - (first->p_vaddr & ~(static_cast<std::uint64_t>(::getpagesize()) - 1));
  std::vector<Elf64_Dyn> entries(dynamic->p_memsz / sizeof(Elf64_Dyn));
  if (!memory.Read(bias + dynamic->p_vaddr, entries.data(), entries.size() * sizeof(Elf64_Dyn))) return false;
  for (const Elf64_Dyn& entry : entries) {
    if (entry.d_tag == DT_NULL) break;
    // The loader has made these absolute, unless the section is read-only.
    const std::uint64_t value = entry.d_un.d_val, address = value >= module.start ? value : bias + value;
    if (entry.d_tag == DT_SYMTAB) tables.symbols = address;
    if (entry.d_tag == DT_STRTAB) tables.strings = address;
    if (entry.d_tag == DT_STRSZ) tables.string_bytes = value;
  }
  return tables.symbols != 0 && tables.strings > tables.symbols && tables.string_bytes != 0 &&
         tables.string_bytes <= kMostStringBytes &&
         (tables.strings - tables.symbols) / sizeof(Elf64_Sym) <= kMostSymbols;
}

}  // namespace

std::uint64_t RemoteModule::Find(std::string_view name) const {
  for (const RemoteSymbol& symbol : symbols) {
    if (symbol.name == name) return symbol.address;
  }
  return 0;
}

std::vector<RemoteModule> FindModules(const std::vector<Mapping>& mappings) {
  std::vector<RemoteModule> modules;
  for (const Mapping& mapping : mappings) {
    if (mapping.path.empty() || mapping.path.front() == '[') continue;
    if (modules.empty() || modules.back().path != mapping.path || mapping.offset == 0) {
      modules.push_back({mapping.path, mapping.start, mapping.end, 0, 0, {}});
    }
    RemoteModule& module = modules.back();
    module.end = mapping.end;
    if (!mapping.executable) continue;
    if (module.code_start == 0) module.code_start = mapping.start;
    module.code_end = mapping.end;
  }
  std::erase_if(modules, [](const RemoteModule& module) { return module.code_start == 0; });
  return modules;
}

void ReadSymbols(const RemoteMemory& memory, RemoteModule& module) {
  std::uint64_t bias = 0;
  Tables tables;
  if (!ReadTables(memory, module, bias, tables)) return;
  // The string table follows the symbols, so it bounds them; what lies between is no defined symbol with a name.
  std::vector<Elf64_Sym> symbols((tables.strings - tables.symbols) / sizeof(Elf64_Sym));
  std::vector<char> strings(tables.string_bytes + 1, 0);
  if (!memory.Read(tables.symbols, symbols.data(), symbols.size() * sizeof(Elf64_Sym)) ||
      !memory.Read(tables.strings, strings.data(), tables.string_bytes))
    return;
  for (const Elf64_Sym& symbol : symbols) {
    const int type = ELF64_ST_TYPE(symbol.st_info);
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= tables.string_bytes) continue;
    if (type != STT_FUNC && type != STT_OBJECT && type != STT_GNU_IFUNC) continue;
    module.symbols.push_back({&strings[symbol.st_name], bias + symbol.st_value, symbol.st_size});
  }
}

}  // namespace mqtrack::attach
