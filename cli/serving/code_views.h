// What one or two moments of a process say of its owners, and of the source lines of a function.
#pragma once

#include "cli/serving/moments.h"
#include "libtrack/http/request.h"
#include "libtrack/http/response.h"
#include "libtrack/symbolize/source_finder.h"

namespace mqtrack::cli {

/// {"label": KEY, "table": mqtrack-sites/1}: by the label owner if there is any, else by whose packets caused it; label
/// null, and no table: the snapshots have neither.
[[nodiscard]] http::Response OwnersOf(const Moments& moments);

/// mqtrack-source/1 of the function with exactly the name that the parameter says. Sources are searched for anew within
/// bounds for a page, whatever bounds `sources` has.
[[nodiscard]] http::Response SourceOf(const http::Request& request, const Moments& moments,
                                      symbolize::SourceOptions sources);

}  // namespace mqtrack::cli
