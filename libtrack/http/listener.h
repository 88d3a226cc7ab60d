// A socket that listens.
#pragma once

#include <cstdint>
#include <string>

#include "libtrack/support/file.h"
#include "libtrack/support/result.h"

namespace mqtrack::http {

struct Listener {
  support::FileHandle socket;  // not blocking
  std::uint16_t port = 0;
};

/// `address`: IPv4 or IPv6, no name. `port` 0: any that is free. Errors are one sentence: who has the port cannot be
/// said, but that it is taken.
[[nodiscard]] support::Result<Listener> OpenListener(const std::string& address, std::uint16_t port);

/// True of 127.0.0.0/8 and ::1.
[[nodiscard]] bool IsLoopback(const std::string& address);

}  // namespace mqtrack::http
