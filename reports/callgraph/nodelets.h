// The small boxes beside a node that say under which labels its value was made.
#pragma once

#include <cstddef>
#include <string>

#include "reports/callgraph/graph.h"
#include "reports/picture/stack_set.h"

namespace mqtrack::reports {

/// Boxes and edges of the node with the given number; empty if it has none. Leaves of the drawn graph show what passes
/// through them (their callees were left out), inner nodes only what ends in them.
[[nodiscard]] std::string WriteNodelets(const GraphNode& node, std::size_t number, const StackSet& set);

}  // namespace mqtrack::reports
