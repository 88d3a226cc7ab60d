// The heap blocks that hold objects of a type: why --type.
#pragma once

#include <string>
#include <vector>

#include "libtrack/heapgraph/capture/memory_source.h"
#include "libtrack/heapgraph/data_names.h"
#include "libtrack/heapgraph/heap_graph.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// The blocks that begin with a C++ object which says that it is of this type; if there are none, those of which the
/// debug information says so, as mqtrack why names them. The type goes by its whole name, by that without its scopes,
/// or by a part of it. An error names the nearest type, or the most frequent ones.
[[nodiscard]] support::Result<std::vector<heapgraph::BlockId>> BlocksOfType(const std::string& type,
                                                                            const heapgraph::HeapGraph& graph,
                                                                            const heapgraph::HeapCapture& capture,
                                                                            const heapgraph::MemorySource& memory,
                                                                            heapgraph::DataNames& names);

}  // namespace mqtrack::cli
