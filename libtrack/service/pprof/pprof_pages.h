// What net/http/pprof answers besides profiles: its index, the command line, names of addresses.
#pragma once

#include <string>

#include "libtrack/http/request.h"
#include "libtrack/http/response.h"
#include "libtrack/profile/profile.h"
#include "libtrack/service/target_list.h"
#include "libtrack/symbolize/symbolizer.h"

namespace mqtrack::service {

/// "heap: 3 objects" for each profile there is, with links below `target`'s own path. `snapshot` may be null.
[[nodiscard]] http::Response IndexPage(const Target& target, const profile::Profile* snapshot);

/// Arguments, separated by NUL.
[[nodiscard]] http::Response CommandLinePage(const Target& target);

/// "num_symbols: 1", and a line for each address that has a name: of the query of a GET, or the body of a POST,
/// "0x4a1+0x4b2".
[[nodiscard]] http::Response SymbolPage(const http::Request& request, const profile::Profile* snapshot,
                                        const symbolize::Options& symbols);

/// As net/http/pprof's serveError: text, with X-Go-Pprof.
[[nodiscard]] http::Response PprofError(int status, const std::string& sentence);

}  // namespace mqtrack::service
