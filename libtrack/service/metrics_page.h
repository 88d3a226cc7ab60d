// What a scrape is answered with.
#pragma once

#include <cstdint>
#include <map>

#include "libtrack/figures/exposition.h"
#include "libtrack/http/http_server.h"
#include "libtrack/http/request.h"
#include "libtrack/http/response.h"
#include "libtrack/service/pages.h"

namespace mqtrack::service {

/// What of the two formats the client asks for: OpenMetrics if it accepts that, and not less gladly than plain text.
[[nodiscard]] figures::Exposition ChooseExposition(std::string_view accept);

/// The figures of every process that runs, mqtrack_up 0 of those that were asked for and do not, and the server's own.
[[nodiscard]] http::Response MetricsPage(const http::Request& request, const Shown& shown,
                                         const http::ServerCounts& connections,
                                         const std::map<int, std::uint64_t>& statuses);

}  // namespace mqtrack::service
