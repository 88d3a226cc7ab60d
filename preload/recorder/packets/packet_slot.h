// What the packet tracker keeps of one connection. Private to it: packet_tracker.cc and packet_tracker_web_socket.cc.
#pragma once

#include <cstddef>
#include <cstdint>

#include "preload/recorder/broker/client_link.h"
#include "preload/recorder/packets/packet_tracker.h"
#include "preload/recorder/packets/sent_packets.h"
#include "preload/recorder/packets/web_socket_frames.h"
#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::recorder {

struct alignas(64) PacketTracker::Slot {
  std::uint64_t is_busy;              // 1 while a thread feeds `connection`
  std::uint32_t packets;              // read so far, more or less: another number means another packet
  std::uint32_t ahead_labels;         // LabelsId of a packet that was read ahead; 0: to be looked up
  std::uint8_t is_drained;            // the last read gave nothing
  std::uint8_t is_named;              // its descriptor bears the client's id
  std::uint8_t joins;                 // how often it may still be joined (kJoining)
  FixedText<kMaxClientBytes> before;  // of a connection that is joined: what stands for the client's id
  Connection connection;
  ConnectionSets sets;
  std::uint32_t is_written;  // 1 while a thread feeds `written` and `sent`
  std::uint32_t is_client_known;
  Connection written;            // the other direction, as far as its CONNECT: followed as the server will
  SentPackets sent;              // and as far as packets are counted
  std::uint32_t is_sent_missed;  // 1: a write was not looked at, since another thread was telling of one
  std::uint32_t is_linked;       // 1: `link` is at the same byte as `connection`
  std::uint32_t is_skipped;      // 1: but for the packet at hand, which does not matter to it
  ClientLink link;               // where we are the broker
  std::uint32_t descriptor;      // of what a web socket carries: its descriptor and 1; 0: none
  WebSocketFrames frames_read, frames_written;  // of a web socket
};

inline PacketTracker::Slot* PacketTracker::SlotAt(std::size_t index) {
  Slot* slots = LoadAcquire(chunks_[index / kChunk]);
  if (slots == nullptr) [[unlikely]]
    slots = MakeChunk(index / kChunk);
  return slots != nullptr ? slots + index % kChunk : nullptr;
}

}  // namespace mqtrack::recorder
