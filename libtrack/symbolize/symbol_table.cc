#include "libtrack/symbolize/symbol_table.h"

#include <algorithm>
#include <tuple>

#include "libtrack/symbolize/only_jump.h"

namespace mqtrack::symbolize {

SymbolTable::SymbolTable(const ElfFile& main, const ElfFile* debug, const FrameRanges& frames) : frames_(frames) {
  ReadCodeSections(main);
  ReadTable(main, SHT_SYMTAB);
  if (debug != nullptr) ReadTable(*debug, SHT_SYMTAB);
  source_ = symbols_.empty() ? Source::kNone : Source::kFull;
  if (symbols_.empty()) {
    ReadTable(main, SHT_DYNSYM);
    if (!symbols_.empty()) source_ = Source::kDynamic;
  }
  Sort();
  if (source_ == Source::kDynamic && main.machine() == EM_X86_64) NameTargetsOfJumps();
}

void SymbolTable::Sort() {
  std::sort(symbols_.begin(), symbols_.end(),
            [](const Symbol& a, const Symbol& b) { return std::tie(a.start, a.end) < std::tie(b.start, b.end); });
  std::uint64_t max_end = 0;
  for (Symbol& symbol : symbols_) symbol.max_end = max_end = std::max(max_end, symbol.end);
}

// Only where an unwind entry begins, in the same section: what else is jumped to may be a part of a function, or an
// entry of the PLT, all of which share one unwind entry.
void SymbolTable::NameTargetsOfJumps() {
  std::vector<Symbol> targets;
  for (const Symbol& symbol : symbols_) {
    const CodeSection* section = SectionOf(symbol.start);
    if (section->bytes == nullptr || symbol.end <= symbol.start || symbol.end > section->end) continue;
    const auto target =
        OnlyJump({section->bytes + (symbol.start - section->start), symbol.end - symbol.start}, symbol.start);
    if (!target || SectionOf(*target) != section || frames_.StartOf(*target) != target || !Find(*target).empty())
      continue;
    targets.push_back({*target, *target, 0, symbol.name, symbol.global});
  }
  symbols_.insert(symbols_.end(), targets.begin(), targets.end());
  Sort();
}

void SymbolTable::ReadCodeSections(const ElfFile& file) {
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(file.elf(), section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || (header.sh_flags & SHF_EXECINSTR) == 0) continue;
    const Elf_Data* data = header.sh_type == SHT_NOBITS ? nullptr : elf_getdata(section, nullptr);
    const bool whole = data != nullptr && data->d_buf != nullptr && data->d_size == header.sh_size;
    code_.push_back({header.sh_addr, header.sh_addr + header.sh_size,
                     whole ? static_cast<const unsigned char*>(data->d_buf) : nullptr});
  }
}

const SymbolTable::CodeSection* SymbolTable::SectionOf(std::uint64_t vaddr) const {
  const auto found = std::find_if(code_.begin(), code_.end(),
                                  [vaddr](const CodeSection& s) { return vaddr >= s.start && vaddr < s.end; });
  return found == code_.end() ? nullptr : &*found;
}

void SymbolTable::ReadTable(const ElfFile& file, GElf_Word type) {
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(file.elf(), section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != type) continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    if (data == nullptr || header.sh_entsize == 0) continue;
    const std::size_t count = data->d_size / header.sh_entsize;
    for (std::size_t i = 0; i < count; ++i) {
      GElf_Sym symbol;
      if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) break;
      const unsigned char kind = GELF_ST_TYPE(symbol.st_info);
      const bool function = kind == STT_FUNC || kind == STT_GNU_IFUNC;
      if (symbol.st_shndx == SHN_UNDEF || (!function && kind != STT_NOTYPE)) continue;
      // On ARM the lowest bit of a function's address says that it is Thumb code.
      const std::uint64_t start = file.machine() == EM_ARM ? symbol.st_value & ~std::uint64_t{1} : symbol.st_value;
      if (SectionOf(start) == nullptr) continue;
      const char* text = elf_strptr(file.elf(), header.sh_link, symbol.st_name);
      // '$' starts ARM's marks of code and data, .L a label inside a function.
      if (text == nullptr || *text == '\0' || *text == '$') continue;
      std::string_view name = text;
      if (name.starts_with(".L")) continue;
      if (const std::size_t version = name.find('@'); version != 0) name = name.substr(0, version);
      symbols_.push_back({start, start + symbol.st_size, 0, name, GELF_ST_BIND(symbol.st_info) != STB_LOCAL});
    }
  }
}

bool SymbolTable::IsBetterName(const Symbol& a, const Symbol& b) {
  const auto underscores = [](std::string_view name) { return std::min(name.find_first_not_of('_'), name.size()); };
  // Mangled names start with one underscore by rule, which says nothing about who should know them.
  const auto rank = [&](const Symbol& s) {
    const std::size_t hidden = s.name.starts_with("_Z") ? 0 : underscores(s.name);
    return std::tuple(!s.global, hidden, s.name.size(), s.name);
  };
  return rank(a) < rank(b);
}

std::string_view SymbolTable::FindUnsized(std::size_t last, std::uint64_t vaddr) const {
  // All symbols at the nearest address at or below `vaddr`.
  const std::uint64_t start = symbols_[last].start;
  const Symbol* best = nullptr;
  for (std::size_t i = last + 1; i-- > 0 && symbols_[i].start == start;) {
    if (symbols_[i].end != start) return {};  // a symbol with a size starts here and ends before `vaddr`
    if (best == nullptr || IsBetterName(symbols_[i], *best)) best = &symbols_[i];
  }
  if (best == nullptr || symbols_[last].max_end > vaddr) return {};
  if (const auto frame = frames_.StartOf(vaddr)) return *frame == start ? best->name : std::string_view{};
  const bool same_section = SectionOf(start) == SectionOf(vaddr);
  return source_ == Source::kFull && same_section ? best->name : std::string_view{};
}

std::string_view SymbolTable::Find(std::uint64_t vaddr) const {
  if (SectionOf(vaddr) == nullptr) return {};
  const auto above = std::upper_bound(symbols_.begin(), symbols_.end(), vaddr,
                                      [](std::uint64_t v, const Symbol& s) { return v < s.start; });
  if (above == symbols_.begin()) return {};
  const auto last = static_cast<std::size_t>(above - symbols_.begin()) - 1;
  const Symbol* best = nullptr;
  for (std::size_t i = last + 1; i-- > 0 && symbols_[i].max_end > vaddr;) {
    const Symbol& symbol = symbols_[i];
    if (symbol.end <= vaddr) continue;
    if (best != nullptr && (symbol.start != best->start || symbol.end != best->end)) break;
    if (best == nullptr || IsBetterName(symbol, *best)) best = &symbol;
  }
  return best != nullptr ? best->name : FindUnsized(last, vaddr);
}

}  // namespace mqtrack::symbolize
