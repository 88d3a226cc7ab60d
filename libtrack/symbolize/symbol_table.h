// The functions that an ELF file names in its symbol tables.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "libtrack/symbolize/elf_file.h"
#include "libtrack/symbolize/frame_ranges.h"

namespace mqtrack::symbolize {

/// Looks up which symbol covers an address. Names point into the files, which must outlive this. Immutable.
class SymbolTable {
 public:
  enum class Source { kNone, kDynamic, kFull };

  /// Reads .symtab of `main` and of `debug` (may be null), or .dynsym of `main` where there is no .symtab. There, a
  /// function without a name to which an exported one only jumps goes by that one's: it is all that does.
  SymbolTable(const ElfFile& main, const ElfFile* debug, const FrameRanges& frames);

  /// The symbol whose size covers `vaddr`; of several the innermost, then the one a reader knows (malloc, not
  /// __libc_malloc). A symbol without size, as hand-written assembly has them, only where it is certain: an unwind
  /// entry that starts with it covers `vaddr`; or, in a full table, no unwind entry covers `vaddr` and no other symbol
  /// lies between the two. Empty: no name.
  [[nodiscard]] std::string_view Find(std::uint64_t vaddr) const;
  [[nodiscard]] Source source() const { return source_; }

 private:
  struct Symbol {
    std::uint64_t start, end;  // end == start: no size
    std::uint64_t max_end;     // of this one and all before it
    std::string_view name;
    bool global;
  };
  struct CodeSection {
    std::uint64_t start, end;
    const unsigned char* bytes;  // null: not in the file
  };
  void Sort();
  void NameTargetsOfJumps();
  void ReadTable(const ElfFile& file, GElf_Word type);
  void ReadCodeSections(const ElfFile& file);
  [[nodiscard]] const CodeSection* SectionOf(std::uint64_t vaddr) const;
  [[nodiscard]] static bool IsBetterName(const Symbol& a, const Symbol& b);
  [[nodiscard]] std::string_view FindUnsized(std::size_t last, std::uint64_t vaddr) const;

  const FrameRanges& frames_;
  std::vector<Symbol> symbols_;  // by start, then end
  std::vector<CodeSection> code_;
  Source source_ = Source::kNone;
};

}  // namespace mqtrack::symbolize
