// Tables for people and JSON for programs, from a SiteTable.
#pragma once

#include <string>

#include "libtrack/analysis/sites.h"
#include "libtrack/profile/operations.h"

namespace mqtrack::reports {

struct TableOptions {
  std::size_t rows = 20;  // 0: all
  bool colour = false;
  int width_columns = 0;            // of the terminal; 0: no limit
  bool stacks = false;              // print each row's stack below it
  bool all_frames = false;          // in these, also what the C++ library does inside (see folded_frames.h)
  std::string base_name, new_name;  // of the inputs, for the headings
  profile::Filter filter;           // not empty: the table is only of what it keeps
};

[[nodiscard]] std::string RenderText(const analysis::SiteTable& table, const TableOptions& options);
[[nodiscard]] std::string RenderMarkdown(const analysis::SiteTable& table, const TableOptions& options);
/// Schema "mqtrack-sites/1", documented in docs/json.md.
[[nodiscard]] std::string RenderJson(const analysis::SiteTable& table, const TableOptions& options);

}  // namespace mqtrack::reports
