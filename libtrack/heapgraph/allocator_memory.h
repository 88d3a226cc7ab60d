// Memory that belongs to the C library's allocator, blocks and what lies between them: free blocks still hold what they
// held, and lists of free blocks lead through them, so nothing of it but the recorded blocks may count as a holder.
#pragma once

#include <vector>

#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/heapgraph/capture/memory_source.h"
#include "libtrack/heapgraph/capture/page_map.h"

namespace mqtrack::heapgraph {

/// All of it, in order of address and merged.
[[nodiscard]] std::vector<AddressRange> FindAllocatorMemory(const HeapCapture& capture, const MemorySource& memory);

/// `ranges` in order, those that touch each other as one.
[[nodiscard]] std::vector<AddressRange> Merged(std::vector<AddressRange> ranges);

}  // namespace mqtrack::heapgraph
