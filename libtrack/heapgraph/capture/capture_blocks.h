// The heap blocks of a log as those of a capture. Private to the module.
#pragma once

#include "libtrack/heapgraph/capture/heap_capture.h"

namespace mqtrack::heapgraph {

/// Moves the heap blocks of capture.content.live to capture.blocks, in order of address. Of two that overlap the older
/// one is left out and counted: its end went past the recorder.
void TakeBlocks(HeapCapture& capture);

}  // namespace mqtrack::heapgraph
