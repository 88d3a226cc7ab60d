// Names the addresses of one file, from the best source there is for each.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "libtrack/profile/profile.h"
#include "libtrack/symbolize/dwarf_lookup.h"
#include "libtrack/symbolize/elf_file.h"
#include "libtrack/symbolize/frame_ranges.h"
#include "libtrack/symbolize/function_table.h"
#include "libtrack/symbolize/symbol_table.h"

namespace mqtrack::symbolize {

/// What one address became.
struct Resolved {
  std::vector<profile::Line> lines;  // never empty
  bool named = false;                // its innermost function has a name from a symbol or from DWARF
  bool has_file = false, has_line = false;
};

/// Order of preference: DWARF with inlined calls; a symbol that covers the address; "module+0x<start>" of the unwind
/// entry (FDE) that covers it, so that all addresses of a function without a name share one; "module+0x<address>".
/// Location::address keeps the exact address in every case. Borrows everything.
class ModuleResolver {
 public:
  /// `debug` and `supplement` may be null.
  ModuleResolver(std::string module_name, const ElfFile& layout, const ElfFile* debug, const ElfFile* supplement,
                 FunctionTable& functions);

  /// One answer per element of `vaddrs`, which are sorted, distinct ELF virtual addresses.
  [[nodiscard]] std::vector<Resolved> Resolve(const std::vector<std::uint64_t>& vaddrs);
  [[nodiscard]] bool has_debug_info() const { return dwarf_.ok(); }
  [[nodiscard]] SymbolTable::Source symbols() const { return symbols_.source(); }

 private:
  using FrameKey = std::pair<const FunctionName*, const char*>;

  [[nodiscard]] Resolved FromDwarf(std::uint64_t vaddr, const std::vector<DwarfFrame>& frames);
  [[nodiscard]] profile::FunctionId FunctionOf(const FunctionName& name, const char* file);
  /// By symbol or unwind entry; `is_named` tells whether a symbol was found.
  [[nodiscard]] profile::FunctionId FunctionWithoutDwarf(std::uint64_t vaddr, const char* file, bool* is_named);

  std::string module_name_;
  FunctionTable& functions_;
  FrameRanges frames_;
  SymbolTable symbols_;
  DwarfLookup dwarf_;
  std::map<FrameKey, profile::FunctionId> by_dwarf_;
  std::map<std::pair<std::string_view, const char*>, profile::FunctionId> by_symbol_;
};

/// "module+0x2a40".
[[nodiscard]] std::string OffsetName(const std::string& module_name, std::uint64_t offset);

}  // namespace mqtrack::symbolize
