// Counts the MQTT packets that a service writes to one connection: type, and where the next one begins, and nothing of
// what they say.
//
// Fed with what the kernel, or the TLS library, took of it, in pieces of any size. Pure, as the packet follower is.
#pragma once

#include <cstddef>
#include <cstdint>

#include "preload/recorder/packets/packet_counts.h"

namespace mqtrack::recorder {

/// One connection. All zero: nothing has been written yet. Belongs to the thread that tells of a write.
struct SentPackets {
  std::uint32_t length;       // of the body, as far as its length was written
  std::uint32_t left;         // of the body
  std::uint8_t first;         // the first byte of the packet at hand; 0: between two packets
  std::uint8_t length_bytes;  // written so far
  std::uint8_t has_length;    // `left` counts
  std::uint8_t is_lost;       // where packets begin is not known
};

/// The next `count` bytes, at least one. Packets that are complete now are added to `counts`. False: what was written
/// is no packet, and where the next one begins is not known any more (`is_lost`).
///
/// A connection that is lost is taken up again by a write that holds whole packets and nothing else.
[[nodiscard]] bool FollowSent(SentPackets& sent, const void* bytes, std::size_t count, PacketCounts& counts);

}  // namespace mqtrack::recorder
