// The few facts of an ELF file that decide whether it can be recorded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::procfs {

struct ElfFacts {
  int elf_class = 0;                       // ELFCLASS32 or ELFCLASS64
  int data = 0;                            // ELFDATA2LSB or ELFDATA2MSB
  int machine = 0;                         // EM_X86_64 …
  std::string interpreter;                 // PT_INTERP; empty: statically linked
  std::vector<std::string> own_allocator;  // functions of malloc's family that the file itself defines, as named there
};

/// Reads headers and symbol tables; nothing of the file is trusted. `with_symbols` also fills own_allocator.
/// A file that is not ELF is an error.
[[nodiscard]] support::Result<ElfFacts> ReadElfFacts(const std::string& path, bool with_symbols);

/// The first function that the file imports, cannot do without and whose name `is_wanted`; empty if there is none.
[[nodiscard]] std::string FindImport(const std::string& path, bool (*is_wanted)(std::string_view name));

/// What this program itself is: the only kind the recorder library can be loaded into.
[[nodiscard]] bool IsOurArchitecture(const ElfFacts& facts);

/// "32-bit ARM", "x86-64", "machine 243".
[[nodiscard]] std::string DescribeArchitecture(const ElfFacts& facts);

}  // namespace mqtrack::procfs
