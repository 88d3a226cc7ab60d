// Whose the live heap of a process is, as reports show it.
#pragma once

#include <string>
#include <vector>

#include "libtrack/heapgraph/owners.h"
#include "reports/text/owners_options.h"

namespace mqtrack::cli {

/// What was found, under the name by which it was asked for. Rows, colour and width are the caller's.
[[nodiscard]] reports::OwnersOptions OwnersReport(const heapgraph::OwnerFindings& findings, const std::string& name,
                                                  std::vector<std::string> notes);

}  // namespace mqtrack::cli
