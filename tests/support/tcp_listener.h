// A listener of a test on a free port of the loopback address.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "libtrack/mqtt/connection.h"
#include "libtrack/mqtt/endpoint.h"

namespace mqtrack::testing {

/// Where the kernel chooses the port.
inline mqtt::Endpoint AnyPort() {
  mqtt::Endpoint any = *mqtt::ParseEndpoint("127.0.0.1:1");
  reinterpret_cast<sockaddr_in*>(&any.address)->sin_port = 0;
  return any;
}

struct TcpListener {
  TcpListener() : fd(*mqtt::ListenAt(AnyPort())), where(AnyPort()) {
    socklen_t size = sizeof where.address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&where.address), &size);
    where.port = ntohs(reinterpret_cast<const sockaddr_in*>(&where.address)->sin_port);
  }
  ~TcpListener() { ::close(fd); }
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

  [[nodiscard]] mqtt::Connection Accept() const { return mqtt::Connection::Adopt(AcceptSocket()); }
  /// The caller owns it.
  [[nodiscard]] int AcceptSocket() const {
    pollfd ready{fd, POLLIN, 0};
    EXPECT_EQ(::poll(&ready, 1, 100'000), 1);
    return ::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK);
  }

  int fd;
  mqtt::Endpoint where;
};

}  // namespace mqtrack::testing
