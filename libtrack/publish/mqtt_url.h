// Where figures are published: mqtt://[user@]host[:port][/prefix].
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libtrack/support/result.h"

namespace mqtrack::publish {

struct MqttUrl {
  std::string user, host;
  std::uint16_t port = 1883;  // mqtts: 8883
  bool tls = false;
  std::string prefix = "mqtrack";  // of all topics; no slash at either end
};

/// A password in it is refused, since everybody can read a command line.
[[nodiscard]] support::Result<MqttUrl> ParseMqttUrl(const std::string& text);

/// `name` as one level of a topic: what MQTT gives a meaning, or does not allow, becomes '_'.
[[nodiscard]] std::string TopicLevel(std::string_view name);

}  // namespace mqtrack::publish
