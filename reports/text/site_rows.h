// Which rows of a table are shown, and what is said about those that are not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/analysis/sites.h"
#include "reports/text/table_options.h"

namespace mqtrack::reports {

/// A table's rows by what happened to them, in the table's order. Borrows the table.
struct SiteRows {
  std::vector<const analysis::Site*> shown;   // grown sites (of top: all), at most the wanted number
  std::vector<const analysis::Site*> shrunk;  // most shrunk first
  std::size_t hidden = 0;                     // grown sites beyond the wanted number
  std::size_t grown = 0, unchanged = 0;
  std::int64_t hidden_growth = 0, grown_growth = 0, shrunk_growth = 0;
};

/// `limit` 0: all.
[[nodiscard]] SiteRows SelectRows(const analysis::SiteTable& table, std::size_t limit);

/// One sentence, the first thing to read: "mosquitto (pid 4711): live bytes grew by 4.3 MiB (+25,000 objects) in 15 min
/// (17.1 MiB per hour)." Without markup. Of what a filter keeps: "live bytes that match grew by …".
[[nodiscard]] std::string VerdictSentence(const analysis::SiteTable& table, const SiteRows& rows,
                                          const TableOptions& options);

/// The second: whom to blame, with exact numbers: "99.2 % of all growth: retain__store (src/retain.c:123), exactly
/// 4,512,320 bytes in 25,000 objects, 180 bytes each." Empty if nothing is shown.
[[nodiscard]] std::string CulpritSentence(const analysis::SiteTable& table, const SiteRows& rows,
                                          const TableOptions& options);

/// What the shares of the rows are of: all growth, all change, or all there is.
[[nodiscard]] std::int64_t WholeOfRows(const analysis::SiteTable& table, const SiteRows& rows);

/// What the rows leave out: "and 12 more sites grew by 3 KiB in all", "3 sites shrank by …". One sentence per entry.
[[nodiscard]] std::vector<std::string> RestSentences(const analysis::SiteTable& table, const SiteRows& rows);

/// The name of a row: its function, or the label's value.
[[nodiscard]] std::string RowName(const analysis::SiteTable& table, const analysis::Site& site);

}  // namespace mqtrack::reports
