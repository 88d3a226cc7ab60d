#include "libtrack/procfs/elf_facts.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "libtrack/support/file.h"

namespace mqtrack::procfs {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

// The exact names, and the prefixes under which allocators are linked in beside or instead of them.
constexpr std::array<std::string_view, 7> kAllocatorNames = {"malloc",  "je_malloc", "tc_malloc", "mi_malloc",
                                                             "scalloc", "sn_malloc", "rpmalloc"};
constexpr std::array<std::string_view, 1> kSanitizerNames = {"__asan_init"};

struct ElfEnd {
  void operator()(Elf* elf) const { ::elf_end(elf); }
};

std::string ReadInterpreter(Elf* elf) {
  std::size_t count = 0;
  if (::elf_getphdrnum(elf, &count) != 0) return {};
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (::gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr || header.p_type != PT_INTERP) continue;
    std::size_t size = 0;
    const char* bytes = ::elf_rawfile(elf, &size);
    if (bytes == nullptr || header.p_offset > size || header.p_filesz > size - header.p_offset) return "?";
    const std::string name(bytes + header.p_offset, ::strnlen(bytes + header.p_offset, header.p_filesz));
    return name.empty() ? "?" : name;
  }
  return {};
}

void CollectAllocator(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, std::vector<std::string>& into) {
  Elf_Data* data = ::elf_getdata(section, nullptr);
  if (data == nullptr || header.sh_entsize == 0) return;
  const std::size_t count = std::min<std::size_t>(data->d_size / header.sh_entsize, 0x7fffffff);
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (::gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) return;
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0 || GELF_ST_TYPE(symbol.st_info) != STT_FUNC) continue;
    const char* name = ::elf_strptr(elf, header.sh_link, symbol.st_name);
    if (name == nullptr) continue;
    const bool wanted = std::find(kAllocatorNames.begin(), kAllocatorNames.end(), name) != kAllocatorNames.end() ||
                        std::find(kSanitizerNames.begin(), kSanitizerNames.end(), name) != kSanitizerNames.end();
    if (wanted && std::find(into.begin(), into.end(), name) == into.end()) into.emplace_back(name);
  }
}

std::vector<std::string> FindAllocator(Elf* elf) {
  std::vector<std::string> names;
  for (Elf_Scn* section = ::elf_nextscn(elf, nullptr); section != nullptr; section = ::elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (::gelf_getshdr(section, &header) == nullptr) continue;
    if (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM) CollectAllocator(elf, section, header, names);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string FindImportIn(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, bool (*is_wanted)(std::string_view)) {
  Elf_Data* data = ::elf_getdata(section, nullptr);
  if (data == nullptr || header.sh_entsize == 0) return {};
  const std::size_t count = std::min<std::size_t>(data->d_size / header.sh_entsize, 0x7fffffff);
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (::gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) return {};
    // A weak reference asks whether there is such a function.
    if (symbol.st_shndx != SHN_UNDEF || GELF_ST_BIND(symbol.st_info) != STB_GLOBAL) continue;
    const char* name = ::elf_strptr(elf, header.sh_link, symbol.st_name);
    if (name != nullptr && is_wanted(name)) return name;
  }
  return {};
}

}  // namespace

std::string FindImport(const std::string& path, bool (*is_wanted)(std::string_view name)) {
  ::elf_version(EV_CURRENT);
  const support::FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return {};
  const std::unique_ptr<Elf, ElfEnd> elf(::elf_begin(file.get(), ELF_C_READ_MMAP, nullptr));
  if (!elf || ::elf_kind(elf.get()) != ELF_K_ELF) return {};
  for (Elf_Scn* section = ::elf_nextscn(elf.get(), nullptr); section != nullptr;
       section = ::elf_nextscn(elf.get(), section)) {
    GElf_Shdr header;
    if (::gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_DYNSYM) continue;
    const std::string name = FindImportIn(elf.get(), section, header, is_wanted);
    if (!name.empty()) return name;
  }
  return {};
}

Result<ElfFacts> ReadElfFacts(const std::string& path, bool with_symbols) {
  ::elf_version(EV_CURRENT);
  const support::FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return Error{ErrorCode::kSystem, std::string("cannot open: ") + std::strerror(errno), path};
  const std::unique_ptr<Elf, ElfEnd> elf(::elf_begin(file.get(), ELF_C_READ_MMAP, nullptr));
  GElf_Ehdr header;
  if (!elf || ::elf_kind(elf.get()) != ELF_K_ELF || ::gelf_getehdr(elf.get(), &header) == nullptr) {
    return Error{ErrorCode::kBadInput, "not an ELF file", path};
  }
  ElfFacts facts;
  facts.elf_class = header.e_ident[EI_CLASS];
  facts.data = header.e_ident[EI_DATA];
  facts.machine = header.e_machine;
  facts.interpreter = ReadInterpreter(elf.get());
  if (with_symbols) facts.own_allocator = FindAllocator(elf.get());
  return facts;
}

bool IsOurArchitecture(const ElfFacts& facts) {
  static const Result<ElfFacts> self = ReadElfFacts("/proc/self/exe", false);
  if (!self) return true;  // without /proc nothing can be said; the loader will
  return facts.elf_class == self->elf_class && facts.data == self->data && facts.machine == self->machine;
}

std::string DescribeArchitecture(const ElfFacts& facts) {
  switch (facts.machine) {
    case EM_X86_64:
      return facts.elf_class == ELFCLASS32 ? "x32" : "x86-64";
    case EM_386:
      return "32-bit x86";
    case EM_AARCH64:
      return "64-bit ARM";
    case EM_ARM:
      return "32-bit ARM";
    case EM_RISCV:
      return facts.elf_class == ELFCLASS32 ? "32-bit RISC-V" : "64-bit RISC-V";
    case EM_MIPS:
      return "MIPS";
    case EM_PPC64:
      return "64-bit PowerPC";
    default:
      return "machine type " + std::to_string(facts.machine);
  }
}

}  // namespace mqtrack::procfs
