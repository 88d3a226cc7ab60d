// A capture from a core file and the log beside it, instead of from a running process. Private to the module.
#pragma once

#include <functional>

#include "libtrack/heapgraph/capture/core_target.h"
#include "libtrack/heapgraph/capture/heap_capture.h"

namespace mqtrack::heapgraph {

/// As WithCapture. Errors: the log cannot be read; the program or the recorder lies elsewhere in the core file than the
/// log says; memory of live blocks is not in it; and what `work` returns.
[[nodiscard]] support::Status WithCoreCapture(
    const CoreTarget& target, const std::function<support::Status(const HeapCapture&, const MemorySource&)>& work);

}  // namespace mqtrack::heapgraph
