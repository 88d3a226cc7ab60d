// Types of MQTT control packets and their names (MQTT 5.0, table 2-1). Shared by the recorder, which counts packets,
// and whoever says how many there were.
#pragma once

#include <cstddef>

namespace mqtrack::log {

/// Types are numbers below this one.
inline constexpr std::size_t kPacketTypes = 16;

/// By number. 0 is forbidden.
inline constexpr const char* kPacketNames[kPacketTypes] = {
    "",          "CONNECT", "CONNACK",     "PUBLISH",  "PUBACK",  "PUBREC",   "PUBREL",     "PUBCOMP",
    "SUBSCRIBE", "SUBACK",  "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"};

}  // namespace mqtrack::log
