#include "preload/recorder/packets/sent_packets.h"

#include "preload/recorder/packets/packet_heads.h"

namespace mqtrack::recorder {
namespace {

void EndPacket(SentPackets& sent, PacketCounts& counts) {
  counts.Add(sent.first >> 4);
  sent = {};
}

/// One byte of a packet's head. False: it cannot be.
bool TakeHeadByte(SentPackets& sent, unsigned char byte, PacketCounts& counts) {
  if (sent.first == 0) {
    sent.first = byte;
    return MayBeFirst(byte);
  }
  sent.length |= static_cast<std::uint32_t>(byte & 0x7f) << (7 * sent.length_bytes++);
  if ((byte & 0x80) != 0) return sent.length_bytes < 4;
  sent.left = sent.length;
  sent.has_length = 1;
  if (sent.left == 0) EndPacket(sent, counts);
  return true;
}

bool Follow(SentPackets& sent, const unsigned char* bytes, std::size_t count, PacketCounts& counts) {
  while (count != 0) {
    std::size_t used = 1;
    if (sent.has_length == 0) {
      if (!TakeHeadByte(sent, *bytes, counts)) return false;
    } else {
      used = count < sent.left ? count : sent.left;
      sent.left -= static_cast<std::uint32_t>(used);
      if (sent.left == 0) EndPacket(sent, counts);
    }
    bytes += used;
    count -= used;
  }
  return true;
}

}  // namespace

bool FollowSent(SentPackets& sent, const void* data, std::size_t count, PacketCounts& counts) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  if (sent.is_lost == 0) {
    if (Follow(sent, bytes, count, counts)) return true;
    sent = {};
    sent.is_lost = 1;
    return false;
  }
  SentPackets fresh = {};
  PacketCounts whole = {};
  if (!Follow(fresh, bytes, count, whole) || fresh.first != 0) return false;
  sent = fresh;
  counts.types |= whole.types;
  for (unsigned type = 0; type < log::kPacketTypes; ++type) counts.of[type] += whole.of[type];
  return true;
}

}  // namespace mqtrack::recorder
