// The variables that an ELF file names in its symbol tables.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/symbolize/elf_file.h"

namespace mqtrack::symbolize {

struct VariableSymbol {
  std::string name;         // demangled; empty: none
  std::uint64_t start = 0;  // as ELF virtual address
};

/// Looks up which variable covers an address. Immutable.
class VariableTable {
 public:
  /// Reads .symtab of `code` or of `debug`, or .dynsym of `code` where neither has one. Either may be null.
  VariableTable(const ElfFile* code, const ElfFile* debug);

  /// The variable that lies at `vaddr`, or around it.
  [[nodiscard]] VariableSymbol Find(std::uint64_t vaddr) const;

 private:
  struct Variable {
    std::uint64_t start, end;
    std::string name;
    bool global;
  };
  void ReadTable(const ElfFile& file, GElf_Word type);

  std::vector<Variable> variables_;  // by start; at one place the better known name last
};

}  // namespace mqtrack::symbolize
