// Where functions begin and end according to .eh_frame, which even stripped binaries keep.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "libtrack/symbolize/elf_file.h"

namespace mqtrack::symbolize {

/// The address ranges of all frame description entries (FDEs) of a file. Each is one function, or one part of a
/// function that the compiler split. Immutable.
class FrameRanges {
 public:
  /// A damaged .eh_frame gives the entries before the damage.
  explicit FrameRanges(const ElfFile& file);
  /// First address of the entry that covers `vaddr`.
  [[nodiscard]] std::optional<std::uint64_t> StartOf(std::uint64_t vaddr) const;
  [[nodiscard]] std::size_t size() const { return ranges_.size(); }

 private:
  struct Range {
    std::uint64_t start, end;
  };
  std::vector<Range> ranges_;  // by start
};

}  // namespace mqtrack::symbolize
