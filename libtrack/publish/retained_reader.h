// What a broker has retained on some topics, asked for once.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "libtrack/publish/mqtt_client.h"
#include "libtrack/support/result.h"

namespace mqtrack::publish {

/// Connects, subscribes to `topics` at QoS 0, takes what is retained there, and leaves. By topic; a topic on which
/// nothing is retained, or which this client may not read, is missing. It ends when the broker has confirmed the end of
/// the subscriptions, so that what it sends later than that is not waited for; `patience` bounds it.
/// Errors: the client cannot be made (kBadInput); the broker cannot be reached, refuses, or does not answer in time
/// (kSystem), each without a full stop.
[[nodiscard]] support::Result<std::map<std::string, std::string>> ReadRetained(const MqttAccess& access,
                                                                               const std::vector<std::string>& topics,
                                                                               std::chrono::milliseconds patience);

}  // namespace mqtrack::publish
