#include "libtrack/support/host_port.h"

#include <charconv>

namespace mqtrack::support {

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failed != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::optional<HostPort> ParseHostPort(std::string_view text) {
  HostPort parsed;
  std::size_t end = text.find(':');
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos || bracket == 1) return std::nullopt;
    parsed.host = text.substr(1, bracket - 1);
    end = bracket + 1;
    if (end < text.size() && text[end] != ':') return std::nullopt;
  } else {
    parsed.host = text.substr(0, end);
  }
  if (end >= text.size()) return parsed;
  parsed.port = ParsePort(text.substr(end + 1));
  return parsed.port ? std::optional(parsed) : std::nullopt;
}

}  // namespace mqtrack::support
