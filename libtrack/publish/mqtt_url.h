// Where a broker is: mqtt://[user@]host[:port], and, where figures are published, [/prefix].
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libtrack/support/result.h"

namespace mqtrack::publish {

struct MqttUrl {
  std::string user, host;     // host: the path of a unix socket, if the port is 0
  std::uint16_t port = 1883;  // mqtts: 8883; 0 of a unix socket
  bool tls = false;
  std::string prefix = "mqtrack";  // of all topics; no slash at either end
};

/// A password in it is refused, since everybody can read a command line.
[[nodiscard]] support::Result<MqttUrl> ParseMqttUrl(const std::string& text);

/// Takes mqtt://[user@]host[:port], mqtts:// and unix:/path; no prefix, since nothing is published there. A password is
/// refused as well; `option` is what errors name for that.
[[nodiscard]] support::Result<MqttUrl> ParseBrokerUrl(const std::string& text, const std::string& option);

/// `name` as one level of a topic: what MQTT gives a meaning, or does not allow, becomes '_'.
[[nodiscard]] std::string TopicLevel(std::string_view name);

}  // namespace mqtrack::publish
