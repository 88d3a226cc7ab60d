// The size of a page, which is the kernel's choice: 4, 16 or 64 KiB.
#pragma once

#include <sys/auxv.h>

#include <cstdint>

namespace mqtrack::recorder {

/// Of the running kernel. Async-signal-safe.
[[nodiscard]] inline std::uint64_t PageBytes() { return ::getauxval(AT_PAGESZ); }
/// Whole pages only.
[[nodiscard]] inline std::uint64_t RoundDownToPages(std::uint64_t bytes) { return bytes & ~(PageBytes() - 1); }
[[nodiscard]] inline std::uint64_t RoundUpToPages(std::uint64_t bytes) {
  return RoundDownToPages(bytes + PageBytes() - 1);
}

}  // namespace mqtrack::recorder
