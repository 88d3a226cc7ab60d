// Writes a trimmed call graph in Graphviz' language, with pprof's conventions (internal/graph dotgraph.go).
#pragma once

#include <string>
#include <vector>

#include "reports/callgraph/trim.h"
#include "reports/picture/stack_set.h"

namespace mqtrack::reports {

/// `legend` are the lines of the box in the corner; clean text.
[[nodiscard]] std::string WriteDot(const TrimmedGraph& trimmed, const StackSet& set, const std::string& title,
                                   const std::vector<std::string>& legend);

/// Sum of |value| over all samples: what percentages are of.
[[nodiscard]] std::int64_t AbsoluteTotal(const StackSet& set);

}  // namespace mqtrack::reports
