// How glibc lays out its heaps is in malloc/malloc.c and malloc/arena.c: the main arena grows by brk ("[heap]"), or by
// mappings where brk fails; further arenas lie in mappings that begin at multiples of 64 MiB with the address of their
// arena; large blocks are mappings of their own, with a header of two words. Of another allocator we know only where
// its blocks are: what lies between the first and the last of one mapping is taken as its own.
#include "libtrack/heapgraph/allocator_memory.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "libtrack/support/base_name.h"

namespace mqtrack::heapgraph {
namespace {

using log::LiveEntry;
using procfs::MemoryMapping;

constexpr std::uint64_t kWord = sizeof(std::uint64_t);
constexpr std::uint64_t kArenaAlign = std::uint64_t{64} << 20;
constexpr std::uint64_t kMostArenaOffset = 0x80;  // of an arena behind the description of its first heap
constexpr std::uint64_t kMostVariableBytes = std::uint64_t{64} << 20;  // of the C library
constexpr std::uint64_t kMappedFlag = 2, kSizeFlags = 7;

// struct malloc_state of 64-bit glibc since 2.27, in words: 10 lists of fast blocks from the second on, top, remainder,
// then 127 pairs of list heads that point to 2 words before themselves while empty; behind two more words `next`, the
// next arena in a ring.
constexpr std::size_t kFirstBin = 14, kBins = 127, kNextArena = kFirstBin + 2 * kBins + 2, kArenaWords = kNextArena + 6;
constexpr std::size_t kFewestEmptyBins = kBins / 2;

class Finder {
 public:
  Finder(const HeapCapture& capture, const MemorySource& memory)
      : capture_(capture), memory_(memory), page_bytes_(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))) {
    for (const LiveEntry& entry : capture.content.live) {
      if (entry.kind != log::Kind::kMapping) continue;
      const AddressRange own{entry.handle, entry.handle + entry.bytes};
      if (FirstBlockAt(own.start) == FirstBlockAt(own.end)) own_mappings_.push_back(own);
    }
    std::sort(own_mappings_.begin(), own_mappings_.end(),
              [](const AddressRange& a, const AddressRange& b) { return a.start < b.start; });
  }

  std::vector<AddressRange> Find() {
    for (const MemoryMapping& mapping : capture_.mappings) {
      if (!mapping.readable || !mapping.writable) continue;
      if (mapping.inode != 0) {
        if (support::BaseName(mapping.path).starts_with("libc.so")) FindMainArena(mapping);
        continue;
      }
      LookAt(mapping);
    }
    return Merged(std::move(found_));
  }

 private:
  void LookAt(const MemoryMapping& mapping) {
    const bool has_blocks = FirstBlockAt(mapping.start) != FirstBlockAt(mapping.end);
    if (mapping.path == "[heap]" && (has_blocks || capture_.has_unknown_heap)) {
      AddWithoutOwn({mapping.start, mapping.end});  // the service may have moved the break too
      return;
    }
    std::uint64_t start = mapping.start;
    for (std::uint64_t at = (start + kArenaAlign - 1) & ~(kArenaAlign - 1); at < mapping.end; at += kArenaAlign) {
      const std::uint64_t bytes = ArenaHeapBytes(mapping, at);
      if (bytes == 0) continue;
      LookBetween({start, at});
      found_.push_back({at, at + bytes});
      start = at + bytes;
    }
    LookBetween({start, mapping.end});
  }

  /// What lies between blocks that have no mapping of their own, but for what the service has mapped itself.
  void LookBetween(AddressRange range) {
    std::uint64_t lowest = 0, highest = 0;
    for (std::size_t i = FirstBlockAt(range.start); i < FirstBlockAt(range.end); ++i) {
      const LiveEntry& block = capture_.blocks[i];
      if (const AddressRange own = OwnMappingOf(block); own.bytes() != 0) {
        found_.push_back(own);
        continue;
      }
      if (lowest == 0) lowest = block.handle;
      highest = std::max(highest, block.handle + block.bytes);
    }
    if (lowest == 0) return;
    AddressRange rest{std::max(range.start, lowest - lowest % page_bytes_),
                      std::min(range.end, (highest + page_bytes_ - 1) / page_bytes_ * page_bytes_)};
    AddWithoutOwn(rest);
  }

  void AddWithoutOwn(AddressRange rest) {
    for (const AddressRange& own : own_mappings_) {
      if (own.end <= rest.start || own.start >= rest.end) continue;
      if (rest.start < own.start) found_.push_back({rest.start, own.start});
      rest.start = std::min(own.end, rest.end);
    }
    if (rest.start < rest.end) found_.push_back(rest);
  }

  /// Of an arena's heap that begins at `at`: how much of it can be written to. 0 if none begins there.
  [[nodiscard]] std::uint64_t ArenaHeapBytes(const MemoryMapping& mapping, std::uint64_t at) const {
    if (!mapping.path.empty() && !mapping.path.starts_with("[anon:")) return 0;
    struct {  // heap_info of malloc/arena.c
      std::uint64_t arena, previous, bytes, writable_bytes;
    } heap{};
    if (memory_.Read(at, &heap, sizeof heap) != sizeof heap) return 0;
    const bool is_heap = heap.arena % kArenaAlign <= kMostArenaOffset && heap.arena % kArenaAlign >= 2 * kWord &&
                         heap.bytes != 0 && heap.bytes % page_bytes_ == 0 && heap.bytes <= heap.writable_bytes &&
                         heap.writable_bytes % page_bytes_ == 0 &&
                         heap.writable_bytes <= std::min(kArenaAlign, mapping.end - at) &&
                         procfs::FindMapping(capture_.mappings, heap.arena) != nullptr;
    return is_heap ? heap.writable_bytes : 0;
  }

  [[nodiscard]] std::size_t FirstBlockAt(std::uint64_t address) const {
    const auto first = std::lower_bound(capture_.blocks.begin(), capture_.blocks.end(), address,
                                        [](const LiveEntry& block, std::uint64_t at) { return block.handle < at; });
    return static_cast<std::size_t>(first - capture_.blocks.begin());
  }

  /// The header of a large block says that it was mapped, how many pages it has, and what lies before it for the sake
  /// of its alignment.
  [[nodiscard]] AddressRange OwnMappingOf(const LiveEntry& block) const {
    struct {
      std::uint64_t before, size;
    } header{};
    if (block.bytes < page_bytes_ || block.handle % (2 * kWord) != 0) return {};
    const std::uint64_t chunk = block.handle - sizeof header;
    if (memory_.Read(chunk, &header, sizeof header) != sizeof header || (header.size & kSizeFlags) != kMappedFlag)
      return {};
    const std::uint64_t size = header.size & ~kSizeFlags;
    const bool fits = header.before <= chunk && (chunk - header.before) % page_bytes_ == 0 &&
                      (header.before + size) % page_bytes_ == 0 && size >= block.bytes + sizeof header &&
                      size <= chunk + size;
    return fits ? AddressRange{chunk - header.before, chunk + size} : AddressRange{};
  }

  /// Among the variables of the C library: the heads of its lists of free blocks point to the headers of these, which
  /// may lie in the last word of the block before.
  void FindMainArena(const MemoryMapping& mapping) {
    if (mapping.end - mapping.start > kMostVariableBytes) return;
    std::vector<std::uint64_t> words((mapping.end - mapping.start) / kWord);
    words.resize(memory_.Read(mapping.start, words.data(), words.size() * kWord) / kWord);
    for (std::size_t at = 0; at + kArenaWords <= words.size(); at += 2) {
      const std::uint64_t address = mapping.start + at * kWord;
      const std::uint64_t next = words[at + kNextArena];
      if (next != address && (next == 0 || next % kArenaAlign > kMostArenaOffset)) continue;
      std::size_t empty = 0;
      for (std::size_t bin = 0; bin < kBins; ++bin) {
        const std::size_t head = at + kFirstBin + 2 * bin;
        const std::uint64_t self = mapping.start + (head - 2) * kWord;
        empty += words[head] == self && words[head + 1] == self;
      }
      if (empty < kFewestEmptyBins) continue;
      found_.push_back({address, address + kArenaWords * kWord});
      return;
    }
  }

  const HeapCapture& capture_;
  const MemorySource& memory_;
  const std::uint64_t page_bytes_;
  std::vector<AddressRange> own_mappings_;  // that the service has made, and no block lies in
  std::vector<AddressRange> found_;
};

}  // namespace

std::vector<AddressRange> Merged(std::vector<AddressRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const AddressRange& a, const AddressRange& b) { return a.start < b.start; });
  std::vector<AddressRange> merged;
  for (const AddressRange& range : ranges) {
    if (!merged.empty() && range.start <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, range.end);
    } else if (range.start < range.end) {
      merged.push_back(range);
    }
  }
  return merged;
}

std::vector<AddressRange> FindAllocatorMemory(const HeapCapture& capture, const MemorySource& memory) {
  return Finder(capture, memory).Find();
}

}  // namespace mqtrack::heapgraph
