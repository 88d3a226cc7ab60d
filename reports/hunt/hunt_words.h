// Words that every report of a hunt shares.
#pragma once

#include <string>

#include "libtrack/hunt/hunt_result.h"

namespace mqtrack::reports {

/// The growth of each round: "100 bytes in 2 objects", "about 12.4 bytes in 0.5 objects", "1 open descriptor".
[[nodiscard]] std::string PerRound(const hunt::LeakSite& site);

/// "leaky.c:40", "in mosquitto"; empty: that is not known.
[[nodiscard]] std::string SiteWhere(const hunt::SiteName& name);

/// "RememberClient (leaky.c:40)", "retain__store in mosquitto".
[[nodiscard]] std::string SiteWords(const hunt::SiteName& name);

/// One line of a row: "leak: 100 bytes in 2 objects a round at RememberClient (leaky.c:40)".
[[nodiscard]] std::string FindingWords(const hunt::OperationResult& result, const hunt::LeakSite& site);

/// "2,312 operations: 3 leak, 1 crash, 12 not tried, 2,296 clean".
[[nodiscard]] std::string Totals(const hunt::HuntResult& result);

/// Of a hunt that is cut short: "The hunt ended early: it was interrupted. What was not tried has not passed."
[[nodiscard]] std::string CutShort(const hunt::HuntResult& result);

/// The sample type that counts these things, by its name in the table of kinds.
[[nodiscard]] std::string TypeOf(log::Kind kind);

}  // namespace mqtrack::reports
