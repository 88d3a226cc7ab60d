#include "libtrack/service/gatekeeper.h"

#include <algorithm>
#include <cctype>

#include "libtrack/http/listener.h"
#include "libtrack/support/byte_text.h"

namespace mqtrack::service {
namespace {

using http::ErrorResponse;
using http::Request;
using http::Response;

bool IsAllowedHost(const std::string& name, const AccessRules& rules) {
  if (name == "localhost" || http::IsLoopback(name)) return true;
  return std::any_of(rules.hosts.begin(), rules.hosts.end(), [&](const std::string& host) {
    return host.size() == name.size() &&
           std::equal(host.begin(), host.end(), name.begin(),
                      [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
  });
}

/// The same time for every wrong token of one length.
bool IsSame(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

bool HasToken(const Request& request, const std::string& token) {
  const std::string_view given = request.Header("authorization");
  constexpr std::string_view kBearer = "Bearer ", kBasic = "Basic ";
  if (given.starts_with(kBearer)) return IsSame(given.substr(kBearer.size()), token);
  if (!given.starts_with(kBasic)) return false;
  const std::string pair = support::DecodeBase64(given.substr(kBasic.size()));  // "any name:token"
  const std::size_t colon = pair.find(':');
  return colon != std::string::npos && IsSame(std::string_view(pair).substr(colon + 1), token);
}

/// Somebody goes to the page, and is not shown it in a frame of another one.
bool IsFollowedLink(const Request& request) {
  const std::string_view destination = request.Header("sec-fetch-dest");
  return request.Header("sec-fetch-mode") == "navigate" && (destination.empty() || destination == "document");
}

bool IsSymbolLookup(const Request& request) { return request.path.ends_with("/debug/pprof/symbol"); }

}  // namespace

std::string HostName(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    return end == std::string_view::npos ? std::string() : std::string(host.substr(1, end - 1));
  }
  return std::string(host.substr(0, host.find(':')));
}

std::optional<Response> Refuse(const Request& request, const AccessRules& rules) {
  const std::string_view host = request.Header("host");
  if (!host.empty() && !IsAllowedHost(HostName(host), rules)) {
    return ErrorResponse(421, "this server is not called by that name; mqtrack serve --allow-host NAME allows one");
  }
  const std::string_view origin = request.Header("origin");
  if (!origin.empty() && origin != "http://" + std::string(host) && origin != "https://" + std::string(host)) {
    return ErrorResponse(403, "requests of other origins are refused");
  }
  if (request.Header("sec-fetch-site") == "cross-site" && !IsFollowedLink(request)) {
    return ErrorResponse(403, "requests of other sites are refused");
  }
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (!reads && !(request.method == "POST" && IsSymbolLookup(request))) {
    Response answer = ErrorResponse(405, "this server only reads");
    return answer.Add("Allow", "GET, HEAD");
  }
  if (!rules.token.empty() && !HasToken(request, rules.token)) {
    Response answer = ErrorResponse(401, "a token is asked for: Authorization: Bearer TOKEN");
    return answer.Add("WWW-Authenticate", "Basic realm=\"mqtrack\", charset=\"UTF-8\"");
  }
  return std::nullopt;
}

}  // namespace mqtrack::service
