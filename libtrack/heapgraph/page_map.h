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
  explicit PageMap(pid_t pid);
  /// The parts of `range` that are in memory or swapped out, in order; all of it where the kernel does not tell.
  [[nodiscard]] std::vector<AddressRange> Present(AddressRange range) const;

 private:
  support::FileHandle file_;
  std::uint64_t page_bytes_;
};

}  // namespace mqtrack::heapgraph
