// What a table for people ends with: the command to type next. It shows what the table shows, so the options that chose
// this are carried over.
#pragma once

#include <string>

#include "libtrack/analysis/sites.h"
#include "reports/text/table_options.h"

namespace mqtrack::reports {

/// Lines that each end with a newline; empty if there is nothing to recommend, as where the table has no rows.
[[nodiscard]] std::string NextStep(const analysis::SiteTable& table, const TableOptions& options);

}  // namespace mqtrack::reports
