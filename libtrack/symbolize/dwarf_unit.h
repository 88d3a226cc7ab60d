// One compilation unit: from code addresses to functions, calls inlined into them, files and lines.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "libtrack/symbolize/dwarf_names.h"
#include "libtrack/symbolize/source_paths.h"

namespace mqtrack::symbolize {

/// A function at an address, as DWARF knows it.
struct DwarfFrame {
  const FunctionName* function = nullptr;  // null: only file and line are known (assembly)
  const char* file = nullptr;              // owned by SourcePaths; null: unknown
  std::int64_t line = 0;                   // 0: unknown
};

/// Answers for a sorted list of addresses at once: the unit's tree is walked one time, and only where it can matter.
class DwarfUnit {
 public:
  /// `lines_unit` holds the line table; `tree` the functions: the same entry, unless they are split (.dwo). Both are
  /// borrowed, as are `names` and `paths`. `addresses` are sorted.
  DwarfUnit(Dwarf_Die lines_unit, Dwarf_Die tree, const std::vector<std::uint64_t>& addresses, DwarfNames& names,
            SourcePaths& paths);

  /// Frames at `addresses[index]`, innermost first; empty if the unit knows nothing. Must be called with rising
  /// indices.
  [[nodiscard]] std::vector<DwarfFrame> FramesAt(std::size_t index);

 private:
  struct Node {
    Dwarf_Die die;
    std::size_t parent;  // kNone: none
    std::uint32_t depth;
    bool inlined;
  };
  struct Span {
    std::uint64_t start, end;
    std::size_t node;
  };
  static constexpr std::size_t kNone = ~std::size_t{0};

  void Walk(Dwarf_Die* parent, std::size_t parent_node, int depth, bool everywhere);
  [[nodiscard]] std::size_t AddFunction(Dwarf_Die* die, int tag, std::size_t parent_node);
  [[nodiscard]] bool HasAddressIn(std::uint64_t start, std::uint64_t end) const;
  [[nodiscard]] bool EveryAddressHasFunction() const;
  [[nodiscard]] std::size_t DeepestAt(std::uint64_t address);
  [[nodiscard]] const char* CallFile(Dwarf_Die* die);

  Dwarf_Die lines_unit_, tree_;
  const std::vector<std::uint64_t>& addresses_;
  DwarfNames& names_;
  SourcePaths& paths_;
  std::vector<Node> nodes_;
  std::vector<Span> spans_;  // by start
  std::size_t next_span_ = 0;
  std::vector<Span> open_;  // spans that may contain the present address
};

}  // namespace mqtrack::symbolize
