#include "libtrack/heapgraph/lost_looks.h"

#include <algorithm>
#include <thread>
#include <tuple>

#include "libtrack/heapgraph/heap_graph.h"
#include "libtrack/heapgraph/lost_blocks.h"

namespace mqtrack::heapgraph {
namespace {

using log::LiveEntry;
using support::Result;
using support::Status;

bool IsSame(const LiveEntry& a, const LiveEntry& b) {
  return std::tie(a.handle, a.bytes, a.generation, a.stack, a.labels) ==
         std::tie(b.handle, b.bytes, b.generation, b.stack, b.labels);
}

/// Of each block, whether it is one of `known`; both in order of address.
std::vector<bool> WhichAreAmong(const std::vector<LiveEntry>& blocks, const std::vector<LiveEntry>& known) {
  std::vector<bool> among(blocks.size());
  auto at = known.begin();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    while (at != known.end() && at->handle < blocks[i].handle) ++at;
    among[i] = at != known.end() && IsSame(*at, blocks[i]);
  }
  return among;
}

void TakeLost(const HeapCapture& capture, const LostBlocks& lost, LostFindings& findings) {
  findings.losses.clear();
  findings.blocks.clear();
  for (const LostHead& head : lost.heads) {
    findings.losses.push_back(
        {capture.blocks[static_cast<std::size_t>(head.block)], head.ring_blocks, head.blocks, head.bytes});
  }
  for (std::size_t i = 0; i < capture.blocks.size(); ++i) {
    if (lost.is_lost[i]) findings.blocks.push_back(capture.blocks[i]);
  }
}

/// One look; the second counts only what the first has found too.
Status LookOnce(const process::RecordedProcess& process, const CaptureOptions& options, LostFindings& findings) {
  return WithCapture(process, options, [&](const HeapCapture& capture, const MemorySource& memory) -> Status {
    const Result<HeapGraph> graph = BuildHeapGraph(capture, memory);
    if (!graph) return graph.error();
    LostBlocks lost = FindLostBlocks(*graph, capture.blocks);
    if (!findings.looks.empty()) {
      const std::uint64_t before = findings.blocks.size(), now = lost.blocks;
      lost = FindLostBlocks(*graph, capture.blocks, WhichAreAmong(capture.blocks, findings.blocks));
      findings.found_once = before - lost.blocks + now - lost.blocks;
    }
    TakeLost(capture, lost, findings);
    findings.content = capture.content;
    findings.live_blocks = capture.blocks.size();
    findings.live_bytes = 0;
    for (const LiveEntry& block : capture.blocks) findings.live_bytes += block.bytes;
    findings.overlapping = capture.overlapping;
    findings.has_unknown_heap = capture.has_unknown_heap;
    findings.looks.push_back(
        {capture.stood_still, capture.cloned, capture.why_not_cloned, graph->unreadable, capture.from_core});
    return {};
  });
}

}  // namespace

Result<LostFindings> FindLost(const process::RecordedProcess& process, const LookOptions& options) {
  LostFindings findings;
  if (const Status first = LookOnce(process, options.capture, findings); !first) return first.error();
  if (options.once || options.capture.core != nullptr || findings.blocks.empty()) return findings;
  std::this_thread::sleep_for(options.between);
  if (const Status second = LookOnce(process, options.capture, findings); !second) return second.error();
  return findings;
}

}  // namespace mqtrack::heapgraph
