#include "libtrack/heapgraph/capture/capture_blocks.h"

#include <algorithm>

#include "libtrack/heapgraph/block_index.h"

namespace mqtrack::heapgraph {

void TakeBlocks(HeapCapture& capture) {
  std::vector<log::LiveEntry>& live = capture.content.live;
  const auto is_block = [](const log::LiveEntry& entry) { return entry.kind == log::Kind::kHeapBlock; };
  const auto middle = std::partition(live.begin(), live.end(), is_block);
  std::vector<log::LiveEntry> others(middle, live.end());
  live.erase(middle, live.end());
  capture.blocks = std::move(live);  // there may be millions
  live = std::move(others);
  const std::size_t all = capture.blocks.size();
  std::erase_if(capture.blocks, [](const log::LiveEntry& block) { return block.handle == log::kHeapBeforeHandle; });
  capture.has_unknown_heap = capture.blocks.size() != all || capture.content.facts.origin == log::Origin::kAttach;
  std::sort(capture.blocks.begin(), capture.blocks.end(), [](const log::LiveEntry& a, const log::LiveEntry& b) {
    return a.handle != b.handle ? a.handle < b.handle : a.generation < b.generation;
  });
  std::size_t kept = 0;
  for (const log::LiveEntry& block : capture.blocks) {
    while (kept != 0 && EndOf(capture.blocks[kept - 1]) > block.handle) {
      --kept;
      ++capture.overlapping;
    }
    capture.blocks[kept++] = block;
  }
  capture.blocks.resize(kept);
}

}  // namespace mqtrack::heapgraph
