// One POST, by libcurl, with the limits of a service that must go on whatever the other side does.
#pragma once

#include <string>

#include "libtrack/push/push_request.h"

namespace mqtrack::push {

/// How requests are authorised. Never printed.
struct Credentials {
  std::string token;           // "Authorization: Bearer …"
  std::string user, password;  // or HTTP's basic scheme
  std::string tenant;          // "X-Scope-OrgID: …"
  std::string ca_file;         // of https; empty: those that the system trusts
};

struct PostAnswer {
  long status = 0;                       // of HTTP; 0: no answer
  std::int64_t retry_after_seconds = 0;  // that the server asks for; 0: it does not
  std::string problem;                   // empty: a store has it. One line, without secrets
};

/// What became of it: stored; to be sent again later; or never to be stored as it is.
enum class PostOutcome { kStored, kLater, kNever };

/// A minute at most. Redirects are not followed, since the credentials are for this server.
[[nodiscard]] PostAnswer Post(const PushRequest& request, const Credentials& credentials);

/// Bodies that the server will not take are given up; what the configuration or the weather is to blame for is not.
[[nodiscard]] PostOutcome OutcomeOf(const PostAnswer& answer);

}  // namespace mqtrack::push
