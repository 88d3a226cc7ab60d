#include "libtrack/mqtt/endpoint.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "libtrack/support/host_port.h"

namespace mqtrack::mqtt {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

struct Scheme {
  const char* prefix;
  std::uint16_t port;
  bool tls, web_socket;
};
constexpr Scheme kSchemes[] = {{"mqtt://", 1883, false, false}, {"mqtts://", 8883, true, false},
                               {"tcp://", 1883, false, false},  {"ssl://", 8883, true, false},
                               {"ws://", 80, false, true},      {"wss://", 443, true, true},
                               {"", 1883, false, false}};

Result<Endpoint> UnixEndpoint(const std::string& text, const std::string& path) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return Error{ErrorCode::kBadInput, "the path of a unix socket has 1 to 107 bytes", text};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  Endpoint endpoint;
  endpoint.text = text;
  endpoint.host = path;
  std::memcpy(&endpoint.address, &address, sizeof address);
  endpoint.address_bytes = sizeof address;
  endpoint.is_loopback = true;
  return endpoint;
}

bool IsLoopback(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, address, sizeof four);
    return ntohl(four.sin_addr.s_addr) >> 24 == 127;
  }
  sockaddr_in6 six{};
  std::memcpy(&six, address, sizeof six);
  return IN6_IS_ADDR_LOOPBACK(&six.sin6_addr) != 0;
}

Status Resolve(Endpoint& endpoint) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  const std::string port = std::to_string(endpoint.port);
  const std::string host = endpoint.host.empty() ? "127.0.0.1" : endpoint.host;
  const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (error != 0)
    return Error{ErrorCode::kNotFound, std::string("no such host: ") + ::gai_strerror(error), endpoint.text};
  const addrinfo* chosen = found;  // IPv4 first: brokers that listen on one family listen on that
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    if (one->ai_family == AF_INET) {
      chosen = one;
      break;
    }
  }
  std::memcpy(&endpoint.address, chosen->ai_addr, chosen->ai_addrlen);
  endpoint.address_bytes = chosen->ai_addrlen;
  endpoint.is_loopback = IsLoopback(chosen->ai_addr);
  ::freeaddrinfo(found);
  return {};
}

Status SplitHost(const std::string& rest, Endpoint& endpoint) {
  const bool is_port = !rest.empty() && rest.find_first_not_of("0123456789") == std::string::npos;  // a port alone
  const std::optional<support::HostPort> parsed = support::ParseHostPort(is_port ? ":" + rest : rest);
  if (!parsed)
    return Error{ErrorCode::kBadInput,
                 "is no host and port, which is a number from 1 to 65535; say 127.0.0.1:1883, or [::1]:1883",
                 endpoint.text};
  endpoint.host = parsed->host;
  endpoint.port = parsed->port.value_or(endpoint.port);
  return {};
}

}  // namespace

Result<Endpoint> ParseEndpoint(const std::string& text) {
  constexpr char kUnix[] = "unix:";
  if (text.rfind(kUnix, 0) == 0) {
    const std::string path = text.substr(sizeof kUnix - 1);
    return UnixEndpoint(text, path.rfind("//", 0) == 0 ? path.substr(2) : path);
  }
  Endpoint endpoint;
  endpoint.text = text;
  std::string rest = text;
  for (const Scheme& scheme : kSchemes) {
    if (text.rfind(scheme.prefix, 0) != 0) continue;
    rest = text.substr(std::strlen(scheme.prefix));
    endpoint.port = scheme.port;
    endpoint.tls = scheme.tls;
    endpoint.web_socket = scheme.web_socket;
    break;
  }
  if (rest.find("://") != std::string::npos)
    return Error{ErrorCode::kBadInput, "is none of mqtt://, mqtts://, ws://, wss:// and unix:", text};
  const std::size_t slash = rest.find('/');
  if (slash != std::string::npos) {
    if (endpoint.web_socket) endpoint.path = rest.substr(slash);
    rest.resize(slash);
  }
  if (Status split = SplitHost(rest, endpoint); !split) return split.error();
  if (Status found = Resolve(endpoint); !found) return found.error();
  return endpoint;
}

Status CheckReach(const Endpoint& endpoint, bool allow_remote) {
  if (endpoint.is_loopback || allow_remote) return {};
  return Error{ErrorCode::kBadInput,
               "is not on this machine, and this would be an attack on whoever did not ask for it; with --allow-remote "
               "it goes there",
               endpoint.text};
}

Result<int> ListenAt(const Endpoint& endpoint) {
  const int fd = ::socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return Error{ErrorCode::kSystem, std::strerror(errno), endpoint.text};
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const bool listens = ::bind(fd, reinterpret_cast<const sockaddr*>(&endpoint.address), endpoint.address_bytes) == 0 &&
                       ::listen(fd, SOMAXCONN) == 0;
  if (listens) return fd;
  const Error error{ErrorCode::kSystem, std::string("cannot listen there: ") + std::strerror(errno), endpoint.text};
  ::close(fd);
  return error;
}

}  // namespace mqtrack::mqtt
