#include "libtrack/symbolize/dwarf_lookup.h"

#include <dwarf.h>

#include <algorithm>

namespace mqtrack::symbolize {

DwarfLookup::DwarfLookup(const ElfFile& file, const ElfFile* supplement, const ElfFile& code)
    : supplement_(supplement == nullptr ? nullptr : dwarf_begin_elf(supplement->elf(), DWARF_C_READ, nullptr)),
      dwarf_(dwarf_begin_elf(file.elf(), DWARF_C_READ, nullptr)) {
  if (!dwarf_) return;
  if (supplement_) dwarf_setalt(dwarf_.get(), supplement_.get());
  ReadUnits(code);
}

void DwarfLookup::ReadUnits(const ElfFile& code) {
  Dwarf_CU* previous = nullptr;
  Dwarf_CU* next = nullptr;
  Dwarf_Die die, split;
  std::uint8_t type = 0;
  while (dwarf_get_units(dwarf_.get(), previous, &next, nullptr, &type, &die, &split) == 0) {
    previous = next;
    if (type != DW_UT_compile && type != DW_UT_skeleton) continue;
    const bool is_split = type == DW_UT_skeleton && split.addr != nullptr;
    const std::size_t unit = units_.size();
    units_.push_back({die, is_split ? split : die});
    Dwarf_Addr base = 0, start = 0, end = 0;
    for (std::ptrdiff_t at = 0; (at = dwarf_ranges(&die, at, &base, &start, &end)) > 0;) {
      // The linker leaves ranges of functions it threw away, at address 0 or thereabouts.
      if (start < end && code.HasCodeAt(start)) ranges_.push_back({start, end, 0, unit});
    }
  }
  std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) { return a.start < b.start; });
  std::uint64_t max_end = 0;
  for (Range& range : ranges_) range.max_end = max_end = std::max(max_end, range.end);
}

const DwarfLookup::Range* DwarfLookup::RangeOf(std::uint64_t address) const {
  auto above = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                [](std::uint64_t a, const Range& r) { return a < r.start; });
  while (above != ranges_.begin()) {
    --above;
    if (above->end > address) return &*above;
    if (above->max_end <= address) return nullptr;
  }
  return nullptr;
}

void DwarfLookup::Resolve(const std::vector<std::uint64_t>& addresses,
                          const std::function<void(std::size_t, const std::vector<DwarfFrame>&)>& visit) {
  struct Wanted {
    std::size_t unit, index;
  };
  std::vector<Wanted> wanted;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (const Range* range = RangeOf(addresses[i])) wanted.push_back({range->unit, i});
  }
  // Unit by unit, so that a unit is walked once and can be forgotten.
  std::stable_sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) { return a.unit < b.unit; });
  for (std::size_t begin = 0, end = 0; begin < wanted.size(); begin = end) {
    std::vector<std::uint64_t> of_unit;
    for (end = begin; end < wanted.size() && wanted[end].unit == wanted[begin].unit; ++end) {
      of_unit.push_back(addresses[wanted[end].index]);
    }
    const Unit& unit = units_[wanted[begin].unit];
    DwarfUnit lookup(unit.lines, unit.tree, of_unit, names_, paths_);
    for (std::size_t i = 0; i < of_unit.size(); ++i) {
      const std::vector<DwarfFrame> frames = lookup.FramesAt(i);
      if (!frames.empty()) visit(wanted[begin + i].index, frames);
    }
  }
}

}  // namespace mqtrack::symbolize
