#include "libtrack/hunt/known_caches.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace mqtrack::hunt {
namespace {

constexpr char kSessions[] = "OpenSSL's sessions, of which it keeps 20,480 (SSL_CTX_sess_set_cache_size)";
/// What makes a session, and what keeps it. All else that is made in the library belongs to a connection.
constexpr std::string_view kOfSessions[] = {"SSL_SESSION_new", "SSL_SESSION_dup", "ssl_session_dup",
                                            "ssl_session_dup_intern", "SSL_CTX_add_session"};

bool IsOfSessions(const NamedFrame& frame) {
  return frame.module.starts_with("libssl") &&
         std::find(std::begin(kOfSessions), std::end(kOfSessions), frame.function) != std::end(kOfSessions);
}

}  // namespace

std::string KnownCacheOf(const std::vector<NamedFrame>& stack) {
  return std::any_of(stack.begin(), stack.end(), IsOfSessions) ? kSessions : "";
}

}  // namespace mqtrack::hunt
