#include "libtrack/heapgraph/heap_graph.h"

#include <algorithm>

#include "libtrack/heapgraph/allocator_memory.h"
#include "libtrack/support/units.h"

namespace mqtrack::heapgraph {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

constexpr std::uint64_t kWord = sizeof(std::uint64_t);
// Blocks are read in stretches; a gap larger than this begins a new one.
constexpr std::uint64_t kLargestGap = 1 << 14, kStretchBytes = 1 << 20;

class Scanner {
 public:
  Scanner(const HeapCapture& capture, const MemorySource& memory)
      : capture_(capture), memory_(memory), blocks_(capture.blocks), index_(capture.blocks) {
    graph_.unreadable = capture.not_copied;
  }

  HeapGraph Scan() && {
    graph_.first_edge.reserve(blocks_.size() + 1);
    graph_.first_edge.push_back(0);
    for (std::size_t i = 0; i < blocks_.size();) i = ScanStretch(i);
    const std::vector<AddressRange> allocator = FindAllocatorMemory(capture_, memory_);
    graph_.regions = FindRootRegions(capture_, memory_, allocator);
    for (std::size_t i = 0; i < graph_.regions.size(); ++i) ScanRegion(static_cast<std::uint32_t>(i));
    ScanRegisters();
    ScanKernelWords();
    return std::move(graph_);
  }

 private:
  [[nodiscard]] Edge EdgeTo(BlockId target, std::uint64_t address) const {
    return {target, blocks_[static_cast<std::size_t>(target)].handle != address};
  }

  /// Closes the edges of the block that was scanned last: each other block once, by its start if by any.
  void CloseBlock() {
    const auto begin = graph_.edges.begin() + static_cast<std::ptrdiff_t>(graph_.first_edge.back());
    const auto by_target = [](const Edge& a, const Edge& b) {
      return a.target() != b.target() ? a.target() < b.target() : a.interior() < b.interior();
    };
    if (graph_.edges.end() - begin > 1) {
      std::sort(begin, graph_.edges.end(), by_target);
      const auto same = [](const Edge& a, const Edge& b) { return a.target() == b.target(); };
      graph_.edges.erase(std::unique(begin, graph_.edges.end(), same), graph_.edges.end());
    }
    graph_.first_edge.push_back(graph_.edges.size());
  }

  void ScanBlockWords(BlockId self, std::span<const std::uint64_t> words) {
    for (const std::uint64_t word : words) {
      const BlockId target = index_.Find(word);
      if (target != BlockId::kNone && target != self) graph_.edges.push_back(EdgeTo(target, word));
    }
  }

  /// Scans the blocks from `first` on that lie close together; the first that was not. A large one stands alone.
  std::size_t ScanStretch(std::size_t first) {
    std::size_t last = first + 1;
    std::uint64_t end = EndOf(blocks_[first]);
    const std::uint64_t start = blocks_[first].handle;
    while (last < blocks_.size() && blocks_[last].handle - end <= kLargestGap &&
           EndOf(blocks_[last]) - start <= kStretchBytes)
      end = EndOf(blocks_[last++]);
    std::size_t block = first;  // whose words come next
    const bool whole = memory_.Visit({start, end}, [&](std::uint64_t address, std::span<const std::uint64_t> words) {
      graph_.scanned_bytes += words.size_bytes();
      const std::uint64_t words_end = address + words.size_bytes();
      for (; block < last; ++block) {
        const std::uint64_t from = std::max((blocks_[block].handle + kWord - 1) & ~(kWord - 1), address);
        const std::uint64_t to = (blocks_[block].handle + blocks_[block].bytes) & ~(kWord - 1);
        if (from >= words_end) return;
        if (from < to) {
          ScanBlockWords(static_cast<BlockId>(block),
                         words.subspan((from - address) / kWord, (std::min(to, words_end) - from) / kWord));
        }
        if (to > words_end) return;  // goes on in the next piece
        CloseBlock();
      }
    });
    for (; block < last; ++block) CloseBlock();
    graph_.unreadable += whole ? 0 : 1;
    return last;
  }

  void AddRootEdge(std::uint64_t address, std::uint64_t word, std::uint32_t region) {
    const BlockId target = index_.Find(word);
    if (target != BlockId::kNone) graph_.root_edges.push_back({address, EdgeTo(target, word), region});
  }

  void ScanRegion(std::uint32_t number) {
    const RootRegion region = graph_.regions[number];
    const bool has_blocks = region.kind == RootKind::kUnknownHeap;
    const bool whole = memory_.Visit(region.range, [&](std::uint64_t address, std::span<const std::uint64_t> words) {
      graph_.scanned_bytes += words.size_bytes();
      for (const std::uint64_t word : words) {
        if (!has_blocks || index_.Find(address) == BlockId::kNone) AddRootEdge(address, word, number);
        address += kWord;
      }
    });
    graph_.unreadable += whole ? 0 : 1;
  }

  void ScanKernelWords() {
    const auto region = static_cast<std::uint32_t>(graph_.regions.size());
    graph_.regions.push_back({RootKind::kKernel, {}, kNoSubject});
    for (std::size_t i = 0; i < capture_.kernel_words.size(); ++i) AddRootEdge(i, capture_.kernel_words[i], region);
  }

  void ScanRegisters() {
    for (std::size_t i = 0; i < capture_.threads.size(); ++i) {
      const auto region = static_cast<std::uint32_t>(graph_.regions.size());
      graph_.regions.push_back({RootKind::kRegister, {}, static_cast<std::uint32_t>(i)});
      const std::vector<std::uint64_t>& registers = capture_.threads[i].registers;
      for (std::size_t j = 0; j < registers.size(); ++j) AddRootEdge(j, registers[j], region);
    }
  }

  const HeapCapture& capture_;
  const MemorySource& memory_;
  const std::vector<log::LiveEntry>& blocks_;
  const BlockIndex index_;
  HeapGraph graph_;
};

}  // namespace

Result<HeapGraph> BuildHeapGraph(const HeapCapture& capture, const MemorySource& memory) {
  if (capture.blocks.size() > kMostBlocks) {
    return Error{ErrorCode::kCannotMeasure,
                 "has " + support::FormatCount(static_cast<std::int64_t>(capture.blocks.size())) +
                     " live blocks, more than can be told apart",
                 capture.process};
  }
  return Scanner(capture, memory).Scan();
}

std::vector<bool> ReachedFrom(const HeapGraph& graph, const std::vector<BlockId>& starts) {
  std::vector<bool> reached(graph.blocks());
  std::vector<BlockId> queue;
  const auto reach = [&](BlockId block) {
    const auto i = static_cast<std::size_t>(block);
    if (reached[i]) return;
    reached[i] = true;
    queue.push_back(block);
  };
  for (const BlockId start : starts) reach(start);
  while (!queue.empty()) {
    const BlockId block = queue.back();
    queue.pop_back();
    for (const Edge& edge : graph.EdgesOf(block)) reach(edge.target());
  }
  return reached;
}

}  // namespace mqtrack::heapgraph
