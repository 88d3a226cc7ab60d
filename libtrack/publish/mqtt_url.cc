#include "libtrack/publish/mqtt_url.h"

#include <algorithm>
#include <optional>

#include "libtrack/support/host_port.h"
#include "libtrack/support/utf8.h"

namespace mqtrack::publish {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

constexpr std::size_t kLongestLevel = 128, kLongestPrefix = 1024;

Error Malformed(const std::string& text, const std::string& what) {
  return {ErrorCode::kBadInput, what + "; say mqtt://[user@]host[:port][/prefix], or mqtts:// for TLS", text};
}

/// Takes a scheme off `rest`.
bool TakeScheme(std::string_view& rest, MqttUrl& url) {
  if (rest.starts_with("mqtts://")) {
    url.tls = true;
    url.port = 8883;
    rest.remove_prefix(8);
    return true;
  }
  if (!rest.starts_with("mqtt://")) return false;
  rest.remove_prefix(7);
  return true;
}

bool SetHost(std::string_view text, MqttUrl& url) {
  const std::optional<support::HostPort> parsed = support::ParseHostPort(text);
  if (!parsed) return false;
  url.host = parsed->host;
  url.port = parsed->port.value_or(url.port);
  return !url.host.empty() &&
         std::all_of(url.host.begin(), url.host.end(), [](char c) { return c > ' ' && c != '\x7f'; });
}

bool SetPrefix(std::string_view text, MqttUrl& url) {
  while (text.ends_with('/')) text.remove_suffix(1);
  while (text.starts_with('/')) text.remove_prefix(1);
  if (text.empty()) return true;
  url.prefix = text;
  const bool allowed = std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= ' ' && c != '\x7f' && c != '+' && c != '#';
  });
  // What begins with '$' is the broker's own.
  return allowed && text[0] != '$' && text.size() <= kLongestPrefix && support::IsUtf8(text);
}

}  // namespace

Result<MqttUrl> ParseMqttUrl(const std::string& text) {
  MqttUrl url;
  std::string_view rest = text;
  if (!TakeScheme(rest, url)) return Malformed(text, "is no URL of an MQTT broker");
  const std::size_t slash = rest.find('/');
  std::string_view host = rest.substr(0, slash);
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) {
    const std::string_view user = host.substr(0, at);
    if (user.find(':') != std::string_view::npos) {
      // The password is not said again.
      return Error{ErrorCode::kBadInput,
                   "a password in the URL is seen by everybody on this machine; use --password-file or "
                   "MQTRACK_MQTT_PASSWORD",
                   "--to"};
    }
    if (user.empty()) return Malformed(text, "has an empty user");
    url.user = user;
    host.remove_prefix(at + 1);
  }
  if (!SetHost(host, url)) return Malformed(text, "has no host or port that can be");
  if (slash != std::string_view::npos && !SetPrefix(rest.substr(slash), url))
    return Malformed(text, "has a prefix that cannot begin a topic");
  return url;
}

std::string TopicLevel(std::string_view name) {
  std::string level;
  for (std::size_t at = 0; at < name.size();) {
    const support::CodePoint point = support::DecodeUtf8(name, at);
    const std::size_t bytes = std::max<std::size_t>(point.bytes, 1);
    if (level.size() + bytes > kLongestLevel) break;
    const bool control = point.value < 0x20 || (point.value >= 0x7f && point.value < 0xa0);
    const bool special = point.value == '+' || point.value == '#' || point.value == '/';
    const bool at_start = level.empty() && point.value == '$';
    if (point.bytes == 0 || control || special || at_start) {
      level += '_';
    } else {
      level += name.substr(at, bytes);
    }
    at += bytes;
  }
  return level.empty() ? "_" : level;
}

}  // namespace mqtrack::publish
