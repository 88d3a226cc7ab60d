#include "libtrack/http/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace mqtrack::http {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Result<SocketAddress> ParseAddress(const std::string& address, std::uint16_t port) {
  SocketAddress parsed;
  auto* ipv4 = reinterpret_cast<sockaddr_in*>(&parsed.storage);
  auto* ipv6 = reinterpret_cast<sockaddr_in6*>(&parsed.storage);
  if (::inet_pton(AF_INET, address.c_str(), &ipv4->sin_addr) == 1) {
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons(port);
    parsed.size = sizeof *ipv4;
    return parsed;
  }
  if (::inet_pton(AF_INET6, address.c_str(), &ipv6->sin6_addr) == 1) {
    ipv6->sin6_family = AF_INET6;
    ipv6->sin6_port = htons(port);
    parsed.size = sizeof *ipv6;
    return parsed;
  }
  return Error{ErrorCode::kBadInput, "is no address; write one in digits, such as 127.0.0.1", address};
}

Error WhyNot(int error, const std::string& where) {
  switch (error) {
    case EADDRINUSE:
      return {ErrorCode::kSystem, "another program listens there; choose another port (--listen 127.0.0.1:PORT)",
              where};
    case EADDRNOTAVAIL:
      return {ErrorCode::kBadInput, "this machine has no such address", where};
    case EACCES:
      return {ErrorCode::kSystem, "ports below 1024 are for root; choose another one", where};
    default:
      return {ErrorCode::kSystem, std::string("cannot listen: ") + std::strerror(error), where};
  }
}

}  // namespace

Result<Listener> OpenListener(const std::string& address, std::uint16_t port) {
  Result<SocketAddress> parsed = ParseAddress(address, port);
  if (!parsed) return parsed.error();
  const std::string where = address + ":" + std::to_string(port);
  auto* name = reinterpret_cast<sockaddr*>(&parsed->storage);
  Listener listener{support::FileHandle(::socket(name->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), 0};
  if (!listener.socket.valid()) return WhyNot(errno, where);
  const int one = 1;
  (void)::setsockopt(listener.socket.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (name->sa_family == AF_INET6) {
    (void)::setsockopt(listener.socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  }
  if (::bind(listener.socket.get(), name, parsed->size) != 0) return WhyNot(errno, where);
  if (::listen(listener.socket.get(), SOMAXCONN) != 0) return WhyNot(errno, where);
  socklen_t size = sizeof parsed->storage;
  if (::getsockname(listener.socket.get(), name, &size) != 0) return WhyNot(errno, where);
  listener.port = ntohs(name->sa_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(name)->sin6_port
                                                    : reinterpret_cast<sockaddr_in*>(name)->sin_port);
  return listener;
}

bool IsLoopback(const std::string& address) {
  in_addr ipv4{};
  if (::inet_pton(AF_INET, address.c_str(), &ipv4) == 1) return ntohl(ipv4.s_addr) >> 24 == 127;
  in6_addr ipv6{};
  return ::inet_pton(AF_INET6, address.c_str(), &ipv6) == 1 && IN6_IS_ADDR_LOOPBACK(&ipv6);
}

}  // namespace mqtrack::http
