#include "libtrack/heapgraph/capture/core_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace mqtrack::heapgraph {
namespace {

constexpr std::uint64_t kWord = sizeof(std::uint64_t);
constexpr std::uint64_t kPieceBytes = 1 << 20;
// Of a file, to know it again: its headers, and mostly its build id.
constexpr std::size_t kStartBytes = 4 << 10;

/// The first of `ranges`, by address, that ends behind `address`.
auto FirstBehind(const std::vector<AddressRange>& ranges, std::uint64_t address) {
  return std::upper_bound(ranges.begin(), ranges.end(), address,
                          [](std::uint64_t at, const AddressRange& range) { return at < range.end; });
}

}  // namespace

CoreSource::CoreSource(const corefile::CoreFile& core, const std::vector<procfs::MemoryMapping>& mappings,
                       std::vector<AddressRange> shown, std::vector<AddressRange> missing)
    : core_(core),
      mappings_(mappings),
      shown_(std::move(shown)),
      missing_(std::move(missing)),
      buffer_(kPieceBytes / kWord) {}

std::size_t CoreSource::Read(std::uint64_t address, void* into, std::size_t bytes) const {
  const std::size_t read = core_.Read(address, into, bytes);
  return read != 0 ? read : ReadFromFile(address, into, bytes);
}

int CoreSource::FileOf(const corefile::MappedPart& part) const {
  const auto [entry, is_new] = files_.try_emplace(part.path);
  if (!is_new) return entry->second.get();
  // Where the core has the file's first page, which it has unless its filter leaves out headers, both are compared.
  const std::vector<corefile::MappedPart>& parts = core_.notes().files;
  const auto first = std::find_if(parts.begin(), parts.end(), [&](const corefile::MappedPart& one) {
    return one.path == part.path && one.offset == 0;
  });
  std::array<std::byte, kStartBytes> in_memory{}, in_file{};
  if (first == parts.end()) return -1;
  const std::size_t bytes = core_.Read(first->start, in_memory.data(), in_memory.size());
  support::FileHandle file(::open(part.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (bytes == 0 || !file.valid() || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return -1;
  const ssize_t got = ::pread(file.get(), in_file.data(), bytes, 0);
  if (got != static_cast<ssize_t>(bytes) || std::memcmp(in_memory.data(), in_file.data(), bytes) != 0) return -1;
  entry->second = std::move(file);
  return entry->second.get();
}

std::size_t CoreSource::ReadFromFile(std::uint64_t address, void* into, std::size_t bytes) const {
  const corefile::Segment* segment = core_.Find(address);
  if (segment != nullptr && segment->writable) return 0;  // it may have been changed
  const std::vector<corefile::MappedPart>& parts = core_.notes().files;
  const auto behind = std::upper_bound(parts.begin(), parts.end(), address,
                                       [](std::uint64_t at, const corefile::MappedPart& one) { return at < one.end; });
  if (behind == parts.end() || address < behind->start) return 0;
  const int file = FileOf(*behind);
  if (file < 0) return 0;
  const std::size_t wanted = std::min<std::uint64_t>(bytes, behind->end - address);
  const ssize_t got = ::pread(file, into, wanted, static_cast<off_t>(behind->offset + (address - behind->start)));
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

bool CoreSource::IsMapped(AddressRange range) const {
  auto mapping = std::upper_bound(mappings_.begin(), mappings_.end(), range.start,
                                  [](std::uint64_t at, const procfs::MemoryMapping& one) { return at < one.end; });
  for (; range.start < range.end; ++mapping) {
    if (mapping == mappings_.end() || mapping->start > range.start) return false;
    range.start = mapping->end;
  }
  return true;
}

bool CoreSource::Visit(AddressRange range, const Visitor& visitor) const {
  range = {(range.start + kWord - 1) & ~(kWord - 1), range.end & ~(kWord - 1)};
  if (range.start >= range.end) return true;
  const auto missing = FirstBehind(missing_, range.start);
  bool whole = (missing == missing_.end() || missing->start >= range.end) && IsMapped(range);
  for (auto shown = FirstBehind(shown_, range.start); shown != shown_.end() && shown->start < range.end; ++shown) {
    const std::uint64_t start = (std::max(shown->start, range.start) + kWord - 1) & ~(kWord - 1);
    const std::uint64_t end = std::min(shown->end, range.end) & ~(kWord - 1);
    for (std::uint64_t at = start; at < end;) {
      const std::uint64_t wanted = std::min(kPieceBytes, end - at);
      const std::size_t words = core_.Read(at, buffer_.data(), wanted) / kWord;
      if (words != 0) visitor(at, std::span<const std::uint64_t>(buffer_.data(), words));
      at += words * kWord;
      if (words * kWord == wanted) continue;
      whole = false;  // the disk does not give it
      break;
    }
  }
  return whole;
}

}  // namespace mqtrack::heapgraph
