// Packets as bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libtrack/mqtt/packet.h"

namespace mqtrack::mqtt {

/// The whole packet as it is sent on a connection of `version` (of CONNECT, its own counts). What it says is written,
/// allowed or not: checking is up to whoever made it. Reasons and properties that are what is left out when empty
/// (MQTT 5, PUBACK and its like, DISCONNECT, AUTH) are left out.
[[nodiscard]] std::string Write(const Packet& packet, Version version);

/// The part behind the fixed header.
[[nodiscard]] std::string WriteBody(const Packet& packet, Version version);

/// A fixed header for `body`, and `body`.
[[nodiscard]] std::string Frame(std::uint8_t first_byte, std::string_view body);

/// One property, number and value. A number that no row has is written as a byte.
[[nodiscard]] std::string WriteProperty(const Property& property);

/// Their length, and them.
[[nodiscard]] std::string WriteProperties(const Properties& properties);

}  // namespace mqtrack::mqtt
