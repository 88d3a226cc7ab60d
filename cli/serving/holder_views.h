// Whose the heap of a process is and who holds it, as pages show it; and where in its source it was made.
#pragma once

#include <optional>
#include <string>

#include "cli/serving/look_desk.h"
#include "cli/serving/moment_views.h"
#include "libtrack/http/request.h"
#include "libtrack/http/response.h"
#include "libtrack/service/pages.h"

namespace mqtrack::cli {

/// The answer to /NAME/api/look/owners and /NAME/api/look/why (parameters site, client, owner), for which the process
/// stands still; nothing: `view` is neither. Refused are requests of other sites, even of a link there, and those that
/// a browser makes beforehand.
[[nodiscard]] std::optional<http::Response> ShowHolders(const http::Request& request, const std::string& view,
                                                        const Subject& subject, const service::Shown& shown,
                                                        LookDesk& desk);

}  // namespace mqtrack::cli
