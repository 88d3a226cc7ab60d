// Bytes as packets. Everything that comes from a peer is treated as hostile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libtrack/mqtt/packet.h"
#include "libtrack/support/result.h"

namespace mqtrack::mqtt {

/// A packet's first byte and what follows its fixed header. Refers to the bytes that it was cut from.
struct RawPacket {
  std::uint8_t first_byte = 0;
  std::string_view body;
  std::size_t size = 0;  // fixed header and body
  /// 0 is a number that no type has.
  [[nodiscard]] unsigned type_number() const { return first_byte >> 4; }
  [[nodiscard]] Type type() const { return static_cast<Type>(first_byte >> 4); }
};

/// The first packet of `bytes`; nothing if it is not complete yet. An error where the length is none, or the packet
/// would be longer than `most` bytes.
[[nodiscard]] support::Result<std::optional<RawPacket>> CutPacket(std::string_view bytes, std::size_t most);

/// What a packet of a connection of `version` says (of CONNECT, its own counts). Accepts what the specification allows
/// in form: reserved flags, lengths, each property where it may stand and as often. An error says what is wrong and at
/// which byte of the body. Whether texts are UTF-8 and values make sense is not looked at.
[[nodiscard]] support::Result<Packet> Read(const RawPacket& raw, Version version);

}  // namespace mqtrack::mqtt
