// Where a broker listens, as users write it.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::mqtt {

struct Endpoint {
  std::string text;                      // as it was written
  bool tls = false, web_socket = false;  // what is spoken on the stream
  std::string host, path = "/mqtt";      // host: without port, or the path of a unix socket; path: of a web socket
  std::uint16_t port = 0;                // 0 of a unix socket
  sockaddr_storage address = {};
  socklen_t address_bytes = 0;
  bool is_loopback = false;  // an address of this machine that others cannot reach, or a unix socket

  [[nodiscard]] bool is_unix() const { return address.ss_family == AF_UNIX; }
};

/// Takes "host:port", "host", ":port", "mqtt://host:port", "mqtts://…", "ws://host:port/path", "wss://…" and
/// "unix:/path"; "[::1]:1883" of IPv6. A host without port has that of its scheme. Names are looked up, which blocks.
[[nodiscard]] support::Result<Endpoint> ParseEndpoint(const std::string& text);

/// An error that names the option unless `endpoint` is on this machine or `allow_remote`.
[[nodiscard]] support::Status CheckReach(const Endpoint& endpoint, bool allow_remote);

/// A listening, non-blocking socket. Errors: the address is taken, or may not be bound.
[[nodiscard]] support::Result<int> ListenAt(const Endpoint& endpoint);

}  // namespace mqtrack::mqtt
