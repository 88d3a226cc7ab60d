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
constexpr std::uint64_t kMappedFlag = 2, kSizeFlags = 7;

// struct malloc_state of 64-bit glibc since 2.27, in words: 10 lists of fast blocks from the second on, top, remainder,
// then 127 pairs of list heads that point to 2 words before themselves while empty; behind two more words `next`, the
// next arena in a ring.
constexpr std::size_t kFirstBin = 14, kBins = 127, kNextArena = kFirstBin + 2 * kBins + 2, kArenaWords = kNextArena + 6;
constexpr std::size_t kFewestEmptyBins = kBins / 2;

class Finder {
 public:
  Finder(const HeapCapture& capture, const MemorySource& memory)
      : capture_(capture), memory_(memory), page_bytes_(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))) {}

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
    const auto first = std::lower_bound(capture_.blocks.begin(), capture_.blocks.end(), mapping.start,
                                        [](const LiveEntry& block, std::uint64_t at) { return block.handle < at; });
    const auto last = std::lower_bound(first, capture_.blocks.end(), mapping.end,
                                       [](const LiveEntry& block, std::uint64_t at) { return block.handle < at; });
    const bool has_blocks = first != last;
    if ((mapping.path == "[heap]" && (has_blocks || capture_.has_unknown_heap)) || IsArenaHeap(mapping)) {
      found_.push_back({mapping.start, mapping.end});
      return;
    }
    std::uint64_t lowest = 0, highest = 0;  // of blocks that have no mapping of their own
    for (auto block = first; block != last; ++block) {
      const std::uint64_t end = block->handle + block->bytes;
      if (HasOwnMapping(*block)) {
        found_.push_back(
            {block->handle - block->handle % page_bytes_, (end + page_bytes_ - 1) / page_bytes_ * page_bytes_});
        continue;
      }
      if (lowest == 0) lowest = block->handle;
      highest = std::max(highest, end);
    }
    if (lowest == 0) return;
    found_.push_back({std::max(mapping.start, lowest - lowest % page_bytes_),
                      std::min(mapping.end, (highest + page_bytes_ - 1) / page_bytes_ * page_bytes_)});
  }

  [[nodiscard]] bool IsArenaHeap(const MemoryMapping& mapping) const {
    std::uint64_t arena = 0;
    return mapping.path.empty() && mapping.start % kArenaAlign == 0 &&
           memory_.Read(mapping.start, &arena, sizeof arena) == sizeof arena && arena != 0 &&
           arena % kArenaAlign <= kMostArenaOffset && arena % kArenaAlign >= 2 * kWord &&
           procfs::FindMapping(capture_.mappings, arena) != nullptr;
  }

  /// The header of a large block says that it was mapped, and how many pages it has.
  [[nodiscard]] bool HasOwnMapping(const LiveEntry& block) const {
    std::uint64_t size = 0;
    if (block.bytes < page_bytes_ || block.handle % page_bytes_ != 2 * kWord) return false;
    return memory_.Read(block.handle - kWord, &size, sizeof size) == sizeof size &&
           (size & kSizeFlags) == kMappedFlag && (size & ~kSizeFlags) % page_bytes_ == 0 &&
           (size & ~kSizeFlags) >= block.bytes + 2 * kWord;
  }

  /// Among the variables of the C library: the heads of its lists of free blocks point to the headers of these, which
  /// may lie in the last word of the block before.
  void FindMainArena(const MemoryMapping& mapping) {
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
