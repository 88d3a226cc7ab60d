// A table of sites for a comment on a merge request.
#pragma once

#include <string>

#include "libtrack/analysis/sites.h"
#include "reports/text/table_options.h"

namespace mqtrack::reports {

[[nodiscard]] std::string RenderMarkdown(const analysis::SiteTable& table, const TableOptions& options);

}  // namespace mqtrack::reports
