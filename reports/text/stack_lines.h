// The stack below a row of a table.
#pragma once

#include <cstddef>
#include <string>

#include "libtrack/analysis/sites.h"
#include "reports/text/table_options.h"

namespace mqtrack::reports {

/// The heaviest stack of a row, leaf first; '>' marks the frame that names it. Ends with an empty line. `site` may be
/// of no table, but its stack refers to the profile of this one.
[[nodiscard]] std::string StackLines(const analysis::SiteTable& table, const analysis::Site& site,
                                     const TableOptions& options, std::size_t indent);

}  // namespace mqtrack::reports
