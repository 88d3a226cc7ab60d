// The formats of a table of sites: one row each, which the command line reads. To add a format is to add its file and a
// row.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libtrack/analysis/sites.h"
#include "reports/text/table_options.h"

namespace mqtrack::reports {

struct TableFormat {
  std::string name;                  // after --format
  std::vector<std::string> endings;  // of files that hold nothing else; any may be in a .txt
  bool for_terminal = false;         // uses colours and the terminal's width
  std::string (*render)(const analysis::SiteTable& table, const TableOptions& options);
};

/// In the order of the help; the first is the default.
[[nodiscard]] const std::vector<TableFormat>& TableFormats();

/// The format called `name`; the default for one that there is not.
[[nodiscard]] const TableFormat& FindTableFormat(std::string_view name);

}  // namespace mqtrack::reports
