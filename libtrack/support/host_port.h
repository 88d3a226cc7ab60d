// A host and a port, as users write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mqtrack::support {

struct HostPort {
  std::string host;                   // without the brackets of IPv6; empty if it was left out
  std::optional<std::uint16_t> port;  // 1 to 65535; none if it was left out
};

/// A port of 1 to 65535.
[[nodiscard]] std::optional<std::uint16_t> ParsePort(std::string_view text);

/// Takes "host", "host:1883", ":1883", "[::1]" and "[::1]:1883"; nothing of what is none of these.
[[nodiscard]] std::optional<HostPort> ParseHostPort(std::string_view text);

}  // namespace mqtrack::support
