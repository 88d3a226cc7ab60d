// A table of sites for people.
#pragma once

#include <string>

#include "libtrack/analysis/sites.h"
#include "reports/text/table_options.h"

namespace mqtrack::reports {

[[nodiscard]] std::string RenderText(const analysis::SiteTable& table, const TableOptions& options);

}  // namespace mqtrack::reports
