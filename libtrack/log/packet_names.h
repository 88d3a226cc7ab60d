// Names of MQTT control packet types (MQTT 5.0, table 2-1), by number. Shared with the recorder.
#pragma once

#include "libtrack/log/layout.h"

namespace mqtrack::log {

/// Number 0 is forbidden.
inline constexpr const char* kPacketNames[kPacketTypes] = {
    "",          "CONNECT", "CONNACK",     "PUBLISH",  "PUBACK",  "PUBREC",   "PUBREL",     "PUBCOMP",
    "SUBSCRIBE", "SUBACK",  "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"};

}  // namespace mqtrack::log
