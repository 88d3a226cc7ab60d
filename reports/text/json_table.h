// A table of sites for programs.
#pragma once

#include <string>

#include "libtrack/analysis/sites.h"
#include "reports/text/table_options.h"

namespace mqtrack::reports {

/// Schema "mqtrack-sites/1", documented in docs/json.md.
[[nodiscard]] std::string RenderJson(const analysis::SiteTable& table, const TableOptions& options);

}  // namespace mqtrack::reports
