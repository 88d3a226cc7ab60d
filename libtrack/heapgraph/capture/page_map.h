// Which pages of a process have memory: /proc/PID/pagemap. To read a page that has none is to read zeros, and may take
// as long as the address space is large that a program has set aside.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "libtrack/support/file.h"

namespace mqtrack::heapgraph {

/// [start, end) of addresses.
struct AddressRange {
  std::uint64_t start = 0, end = 0;
  [[nodiscard]] bool Contains(std::uint64_t address) const { return address >= start && address < end; }
  [[nodiscard]] std::uint64_t bytes() const { return end - start; }
};

class PageMap {
 public:
  enum class Which : std::uint8_t {
    kAll,
    kOwn,  // not those of a file
  };

  explicit PageMap(pid_t pid);
  /// The parts of `range` that are in memory or swapped out, in order; all of it where the kernel does not tell.
  [[nodiscard]] std::vector<AddressRange> Present(AddressRange range, Which which = Which::kAll) const;
  /// Whether the kernel skips what has no pages (Linux 6.7 and later), and is not asked for each page instead.
  [[nodiscard]] bool SkipsHoles() const { return skips_holes_; }

 private:
  [[nodiscard]] bool Scan(AddressRange range, Which which, std::vector<AddressRange>& parts) const;
  [[nodiscard]] bool ReadEntries(AddressRange range, Which which, std::vector<AddressRange>& parts) const;

  support::FileHandle file_;
  std::uint64_t page_bytes_;
  bool skips_holes_ = false;
};

}  // namespace mqtrack::heapgraph
