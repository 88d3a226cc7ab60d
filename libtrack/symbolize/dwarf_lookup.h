// The debug information of one file: which unit an address belongs to, and the frames there.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "libtrack/symbolize/dwarf_names.h"
#include "libtrack/symbolize/dwarf_unit.h"
#include "libtrack/symbolize/elf_file.h"

namespace mqtrack::symbolize {

/// Owns libdw's handles of a file and of its DWZ supplement, not the files.
class DwarfLookup {
 public:
  /// `supplement` may be null. `code` is the file whose segments say where code is: a debug file's own are empty.
  DwarfLookup(const ElfFile& file, const ElfFile* supplement, const ElfFile& code);
  /// False if the file has no readable debug information.
  [[nodiscard]] bool ok() const { return dwarf_ != nullptr; }

  /// Calls visit(i, frames) once for every addresses[i] that the debug information knows; frames innermost first.
  /// `addresses` are sorted and distinct. What the frames point to lives as long as this object.
  void Resolve(const std::vector<std::uint64_t>& addresses,
               const std::function<void(std::size_t, const std::vector<DwarfFrame>&)>& visit);

 private:
  struct EndDwarf {
    void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
  };
  struct Unit {
    Dwarf_Die lines, tree;
  };
  struct Range {
    std::uint64_t start, end, max_end;
    std::size_t unit;
  };
  void ReadUnits(const ElfFile& code);
  [[nodiscard]] const Range* RangeOf(std::uint64_t address) const;

  std::unique_ptr<Dwarf, EndDwarf> supplement_;
  std::unique_ptr<Dwarf, EndDwarf> dwarf_;
  std::vector<Unit> units_;
  std::vector<Range> ranges_;  // by start
  DwarfNames names_;
  SourcePaths paths_;
};

}  // namespace mqtrack::symbolize
