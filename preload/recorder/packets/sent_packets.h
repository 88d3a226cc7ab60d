// Counts the MQTT packets that a service writes to one connection: type, and where the next one begins. What they say
// matters only to who keeps a broker's state.
//
// Fed with what the kernel, or the TLS library, took of it, in pieces of any size. Pure, as the packet follower is.
#pragma once

#include <cstddef>
#include <cstdint>

#include "preload/recorder/broker/client_link.h"
#include "preload/recorder/packets/packet_counts.h"
#include "preload/recorder/packets/packet_frame.h"

namespace mqtrack::recorder {

/// One connection. All zero: nothing has been written yet. Belongs to the thread that tells of a write.
struct SentPackets {
  PacketFrame frame;
  std::uint8_t is_lost;  // where packets begin is not known
};

/// Who is told of what a broker says to one of its clients.
struct SentState {
  ClientLink& link;
  BrokerSheet& sheet;
};

/// The next `count` bytes, at least one. Packets that are complete now are added to `counts`. False: what was written
/// is no packet, and where the next one begins is not known any more (`is_lost`). `state`: null if we are no broker.
///
/// A connection that is lost is taken up again by a write that holds whole packets and nothing else.
[[nodiscard]] bool FollowSent(SentPackets& sent, const void* bytes, std::size_t count, PacketCounts& counts,
                              const SentState* state = nullptr);

}  // namespace mqtrack::recorder
