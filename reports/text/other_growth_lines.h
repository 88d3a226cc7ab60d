// "Also grew": what a comparison of one sample type would otherwise not show.
#pragma once

#include <string>

#include "libtrack/analysis/sites.h"
#include "reports/text/table_options.h"

namespace mqtrack::reports {

/// A heading, a line for each other type that grew, and how to see more; empty if none did.
[[nodiscard]] std::string OtherGrowthText(const analysis::SiteTable& table, const TableOptions& options);
[[nodiscard]] std::string OtherGrowthMarkdown(const analysis::SiteTable& table, const TableOptions& options);

}  // namespace mqtrack::reports
