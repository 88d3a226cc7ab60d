// Where the packets in a stream of MQTT begin and end (MQTT 5.0, 2.1): the first byte, the length of the body in one to
// four bytes, the body. Nothing of what a body says.
#pragma once

#include <cstddef>
#include <cstdint>

#include "preload/recorder/packets/packet_heads.h"

namespace mqtrack::recorder {

/// The packet at hand of one stream. All zero: between two packets.
struct PacketFrame {
  std::uint32_t length;       // of the body, as far as its length has come
  std::uint32_t left;         // of the body
  std::uint8_t first;         // its first byte; 0: between two packets
  std::uint8_t length_bytes;  // so far
  std::uint8_t has_length;    // `left` counts
};

/// One byte of a packet's head. False: it cannot be.
inline bool TakeHeadByte(PacketFrame& frame, unsigned char byte) {
  if (frame.first == 0) {
    frame.first = byte;
    return MayBeFirst(byte);
  }
  frame.length |= static_cast<std::uint32_t>(byte & 0x7f) << (7 * frame.length_bytes++);
  if ((byte & 0x80) != 0) return frame.length_bytes < 4;
  frame.left = frame.length;
  frame.has_length = 1;
  return true;
}

/// The next `count` bytes of the stream, in pieces of any size. Tells `told` of each packet in turn:
///
///   Begin(frame)                     its head has come
///   Body(frame, bytes, count)        the next bytes of its body, perhaps often, and never of an empty one
///   End(frame)                       it is complete
///
/// False: these bytes are no packet, and where the next one begins is not known.
template <typename Told>
[[nodiscard]] bool WalkPackets(PacketFrame& frame, const unsigned char* bytes, std::size_t count, Told& told) {
  while (count != 0) {
    std::size_t used = 1;
    if (frame.has_length == 0) {
      if (!TakeHeadByte(frame, *bytes)) return false;
      if (frame.has_length != 0) told.Begin(frame);
    } else {
      used = count < frame.left ? count : frame.left;
      told.Body(frame, bytes, used);
      frame.left -= static_cast<std::uint32_t>(used);
    }
    if (frame.has_length != 0 && frame.left == 0) {
      told.End(frame);
      frame = {};
    }
    bytes += used;
    count -= used;
  }
  return true;
}

}  // namespace mqtrack::recorder
