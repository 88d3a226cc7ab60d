#include "libtrack/heapgraph/capture/page_map.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace mqtrack::heapgraph {
namespace {

// Of an entry, as Documentation/admin-guide/mm/pagemap.rst of Linux says.
constexpr std::uint64_t kPresent = std::uint64_t{1} << 63, kSwapped = std::uint64_t{1} << 62;
constexpr std::uint64_t kOfFile = std::uint64_t{1} << 61;
constexpr std::size_t kEntriesAtOnce = 8192;

// PAGEMAP_SCAN of linux/fs.h since 6.7, which older headers do not have.
struct ScanArguments {
  std::uint64_t size, flags, start, end, walk_end, regions, regions_length, most_pages;
  std::uint64_t inverted, all_of, any_of, returned;
};
struct ScannedRegion {
  std::uint64_t start, end, categories;
};
constexpr unsigned long kScan = _IOWR('f', 16, ScanArguments);
constexpr std::uint64_t kScanFile = 1 << 2, kScanPresent = 1 << 3, kScanSwapped = 1 << 4;
constexpr std::size_t kRegionsAtOnce = 512;

void Append(AddressRange part, std::vector<AddressRange>& parts) {
  if (part.start >= part.end) return;
  if (!parts.empty() && parts.back().end == part.start) {
    parts.back().end = part.end;
  } else {
    parts.push_back(part);
  }
}

}  // namespace

PageMap::PageMap(pid_t pid)
    : file_(::open(("/proc/" + std::to_string(pid) + "/pagemap").c_str(), O_RDONLY | O_CLOEXEC)),
      page_bytes_(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))) {
  std::vector<AddressRange> none;
  skips_holes_ = file_.valid() && Scan({page_bytes_, 2 * page_bytes_}, Which::kAll, none);
}

bool PageMap::Scan(AddressRange range, Which which, std::vector<AddressRange>& parts) const {
  std::vector<ScannedRegion> regions(kRegionsAtOnce);
  ScanArguments arguments{};
  arguments.size = sizeof arguments;
  arguments.start = range.start / page_bytes_ * page_bytes_;
  arguments.end = (range.end + page_bytes_ - 1) / page_bytes_ * page_bytes_;
  arguments.regions = reinterpret_cast<std::uint64_t>(regions.data());
  arguments.regions_length = regions.size();
  arguments.any_of = arguments.returned = kScanPresent | kScanSwapped;
  if (which == Which::kOwn) arguments.inverted = arguments.all_of = kScanFile;
  while (arguments.start < arguments.end) {
    const int found = ::ioctl(file_.get(), kScan, &arguments);
    if (found < 0 || arguments.walk_end <= arguments.start) return false;
    for (int i = 0; i < found; ++i) {
      const ScannedRegion& region = regions[static_cast<std::size_t>(i)];
      Append({std::max(range.start, region.start), std::min(range.end, region.end)}, parts);
    }
    arguments.start = arguments.walk_end;
  }
  return true;
}

bool PageMap::ReadEntries(AddressRange range, Which which, std::vector<AddressRange>& parts) const {
  const std::uint64_t unwanted = which == Which::kOwn ? kOfFile : 0;
  std::vector<std::uint64_t> entries(kEntriesAtOnce);
  for (std::uint64_t page = range.start / page_bytes_; page * page_bytes_ < range.end;) {
    const std::uint64_t left = (range.end - page * page_bytes_ + page_bytes_ - 1) / page_bytes_;
    const std::size_t wanted = std::min<std::uint64_t>(left, kEntriesAtOnce) * sizeof(std::uint64_t);
    const ssize_t got = ::pread(file_.get(), entries.data(), wanted, static_cast<off_t>(page * sizeof(std::uint64_t)));
    if (got < static_cast<ssize_t>(sizeof(std::uint64_t))) return false;
    for (std::size_t i = 0; i < static_cast<std::size_t>(got) / sizeof(std::uint64_t); ++i, ++page) {
      if ((entries[i] & (kPresent | kSwapped)) == 0 || (entries[i] & unwanted) != 0) continue;
      Append({std::max(range.start, page * page_bytes_), std::min(range.end, (page + 1) * page_bytes_)}, parts);
    }
  }
  return true;
}

std::vector<AddressRange> PageMap::Present(AddressRange range, Which which) const {
  std::vector<AddressRange> parts;
  if (!file_.valid()) return {range};
  if (skips_holes_ && Scan(range, which, parts)) return parts;
  parts.clear();
  if (ReadEntries(range, which, parts)) return parts;
  return {range};
}

}  // namespace mqtrack::heapgraph
