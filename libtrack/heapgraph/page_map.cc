#include "libtrack/heapgraph/page_map.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace mqtrack::heapgraph {
namespace {

// Of an entry, as Documentation/admin-guide/mm/pagemap.rst of Linux says.
constexpr std::uint64_t kPresent = std::uint64_t{1} << 63, kSwapped = std::uint64_t{1} << 62;
constexpr std::size_t kEntriesAtOnce = 8192;

}  // namespace

PageMap::PageMap(pid_t pid)
    : file_(::open(("/proc/" + std::to_string(pid) + "/pagemap").c_str(), O_RDONLY | O_CLOEXEC)),
      page_bytes_(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))) {}

std::vector<AddressRange> PageMap::Present(AddressRange range) const {
  std::vector<AddressRange> parts;
  if (!file_.valid()) return {range};
  std::vector<std::uint64_t> entries(kEntriesAtOnce);
  for (std::uint64_t page = range.start / page_bytes_; page * page_bytes_ < range.end;) {
    const std::uint64_t left = (range.end - page * page_bytes_ + page_bytes_ - 1) / page_bytes_;
    const std::size_t wanted = std::min<std::uint64_t>(left, kEntriesAtOnce) * sizeof(std::uint64_t);
    const ssize_t got = ::pread(file_.get(), entries.data(), wanted, static_cast<off_t>(page * sizeof(std::uint64_t)));
    if (got < static_cast<ssize_t>(sizeof(std::uint64_t))) return {range};
    for (std::size_t i = 0; i < static_cast<std::size_t>(got) / sizeof(std::uint64_t); ++i, ++page) {
      if ((entries[i] & (kPresent | kSwapped)) == 0) continue;
      const AddressRange part{std::max(range.start, page * page_bytes_), std::min(range.end, (page + 1) * page_bytes_)};
      if (!parts.empty() && parts.back().end == part.start) {
        parts.back().end = part.end;
      } else {
        parts.push_back(part);
      }
    }
  }
  return parts;
}

}  // namespace mqtrack::heapgraph
