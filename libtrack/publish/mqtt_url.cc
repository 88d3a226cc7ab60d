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

constexpr char kSayPublish[] = "; say mqtt://[user@]host[:port][/prefix], or mqtts:// for TLS";
constexpr char kSayBroker[] = "; say mqtt://[user@]host[:port], mqtts:// for TLS, or unix:/path";

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

/// What stands before the prefix: who, and where.
support::Status SetUserAndHost(std::string_view text, const std::string& option, MqttUrl& url) {
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    const std::string_view user = text.substr(0, at);
    if (user.find(':') != std::string_view::npos) {
      // The password is not said again.
      return Error{ErrorCode::kBadInput,
                   "a password in the URL is seen by everybody on this machine; use --password-file or "
                   "MQTRACK_MQTT_PASSWORD",
                   option};
    }
    if (user.empty()) return Error{ErrorCode::kBadInput, "has an empty user", {}};
    url.user = user;
    text.remove_prefix(at + 1);
  }
  if (!SetHost(text, url)) return Error{ErrorCode::kBadInput, "has no host or port that can be", {}};
  return {};
}

/// `error` of the URL `text`, and how one looks; what concerns an option says so itself.
Error Malformed(Error error, const std::string& text, const char* say) {
  if (!error.where.empty()) return error;
  return {error.code, error.text + say, text};
}

}  // namespace

Result<MqttUrl> ParseMqttUrl(const std::string& text) {
  const auto malformed = [&](const char* what) {
    return Malformed({ErrorCode::kBadInput, what, {}}, text, kSayPublish);
  };
  MqttUrl url;
  std::string_view rest = text;
  if (!TakeScheme(rest, url)) return malformed("is no URL of an MQTT broker");
  const std::size_t slash = rest.find('/');
  if (const support::Status host = SetUserAndHost(rest.substr(0, slash), "--to", url); !host)
    return Malformed(host.error(), text, kSayPublish);
  if (slash != std::string_view::npos && !SetPrefix(rest.substr(slash), url))
    return malformed("has a prefix that cannot begin a topic");
  return url;
}

Result<MqttUrl> ParseBrokerUrl(const std::string& text, const std::string& option) {
  const auto malformed = [&](const char* what) {
    return Malformed({ErrorCode::kBadInput, what, {}}, text, kSayBroker);
  };
  MqttUrl url;
  std::string_view rest = text;
  constexpr std::string_view kUnix = "unix:";
  if (rest.starts_with(kUnix)) {
    rest.remove_prefix(kUnix.size());
    constexpr std::size_t kLongestPath = 107;
    if (rest.empty() || rest.size() > kLongestPath) return malformed("the path of a unix socket has 1 to 107 bytes");
    url.host = rest;
    url.port = 0;
    return url;
  }
  if (!TakeScheme(rest, url)) return malformed("is no URL of an MQTT broker");
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find('/') != std::string_view::npos) return malformed("has a path, which no broker has");
  if (const support::Status host = SetUserAndHost(rest, option, url); !host)
    return Malformed(host.error(), text, kSayBroker);
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
