// Verdicts on the rows of a table, in words: the same words as those of a diagnosis.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "libtrack/analysis/sites.h"

namespace mqtrack::reports {

/// True if one of the rows was judged.
[[nodiscard]] bool HasVerdicts(const analysis::SiteTable& table);

/// True if the row's verdict is inconclusive.
[[nodiscard]] bool IsUndecided(const analysis::Site& site);

/// "1 leak (390 KiB), 3 backlog (4.1 MiB), 2 inconclusive (1 KiB)": of the rows that grew, or of top of all, what was
/// judged of them. Empty: nothing was.
[[nodiscard]] std::string VerdictCounts(const analysis::SiteTable& table);

/// "verdicts: 1 leak (retain__store), 4 backlog (handle__publish, db__message_insert, ...)": for the legend of a
/// picture.
[[nodiscard]] std::string VerdictLegend(const analysis::SiteTable& table);

/// What is said below a row: its evidence in one sentence. Empty of what is not decided.
[[nodiscard]] std::string VerdictEvidence(const analysis::Site& site);

/// "backlog: 4.1 MiB wait for a client that is offline: pump7"; empty without a verdict.
[[nodiscard]] std::string VerdictClause(const analysis::Site& site);

/// What would decide the rows that are not; empty if all are. Two snapshots decide little, and are told the way to
/// more.
[[nodiscard]] std::string VerdictNext(const analysis::SiteTable& table);

/// Fields of a row; null if it was not judged.
[[nodiscard]] nlohmann::ordered_json VerdictJson(const analysis::Site& site);

}  // namespace mqtrack::reports
