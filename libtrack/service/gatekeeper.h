// Who may ask what. A server on the loopback is open to every page that a browser on the machine has open: such a page
// can have its own name point to 127.0.0.1 (DNS rebinding), and send requests from elsewhere.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libtrack/http/request.h"
#include "libtrack/http/response.h"

namespace mqtrack::service {

struct AccessRules {
  std::vector<std::string> hosts;  // names by which the server may be called, besides loopback addresses and localhost
  std::string token;               // empty: none is asked for
};

/// The answer to a request that may not pass; nothing: it may. Pure. Asked for: a Host that is allowed, an Origin that
/// is the same, a token (Authorization: Bearer TOKEN, or the password of Basic), a method that reads.
[[nodiscard]] std::optional<http::Response> Refuse(const http::Request& request, const AccessRules& rules);

/// "127.0.0.1" of "127.0.0.1:8080", "::1" of "[::1]:8080"; empty of what is malformed.
[[nodiscard]] std::string HostName(std::string_view host);

}  // namespace mqtrack::service
