// Connections that go over to WebSockets: their frames are taken off, and what they carry is followed as any other
// connection, with an index of its own.
#include "preload/recorder/packets/foreign_connections.h"
#include "preload/recorder/packets/packet_labels.h"
#include "preload/recorder/packets/packet_slot.h"
#include "preload/recorder/packets/packet_tracker.h"
#include "preload/recorder/packets/web_socket_frames.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/shared_count.h"

namespace mqtrack::recorder {

/// No address of a session: those are even.
const void* PacketTracker::KeyOfWebSocket(std::size_t index) {
  return reinterpret_cast<const void*>(static_cast<std::uintptr_t>(index) * 2 + 1);
}

/// A GET was read, and we are the server, or its answer, and we are the client: the end of the handshake is still to
/// come in both directions, but for what a client has sent.
void PacketTracker::BeginWebSocket(std::size_t index, const void* bytes, std::size_t count) {
  Slot* slot = SlotAt(index);
  if (slot == nullptr) {
    packet_labels.CountUnlabelled(log::Unlabelled::kWebSocket);
    return SetState(index, kIgnored);
  }
  slot->frames_read = {};
  slot->frames_written = {};
  constexpr unsigned char kAnswer = 'H';  // of "HTTP/1.1 101"
  if (*static_cast<const unsigned char*>(bytes) == kAnswer) slot->frames_written.phase = WebSocketFrames::Phase::kHead;
  SetState(index, kWebSocket);
  WebSocketRead(index, bytes, count);
}

/// The request did not say in its first read, or not as usual, that it is one for a web socket; the answer does. All of
/// the request was read before it.
void PacketTracker::RequestAnswered(std::size_t index, const void* bytes, std::size_t count) {
  if (WhatIsForeign(bytes, count) != log::Unlabelled::kWebSocket) return;
  Slot* slot = SlotAt(index);
  if (slot == nullptr) return packet_labels.CountUnlabelled(log::Unlabelled::kWebSocket);
  slot->frames_read = {};
  slot->frames_read.phase = WebSocketFrames::Phase::kHead;
  slot->frames_written = {};
  SetState(index, kWebSocket);
  WebSocketWritten(index, bytes, count);
}

/// What the frames of one read carry is told at once: the service handles all of it before it reads again. More than
/// there is room for is told in pieces, and where these are of several packets nobody has their labels.
void PacketTracker::WebSocketRead(std::size_t index, const void* bytes, std::size_t count) {
  constexpr std::size_t kRoom = 256;  // on a stack that is the service's, and may be a coroutine's
  unsigned char message[kRoom];
  std::size_t held = 0, told = 0;
  Slot* slot = SlotAt(index);
  if (slot == nullptr || !SwapShared(slot->is_busy, 0, 1)) return LoseWebSocket(index);
  WebSocketFrames& frames = slot->frames_read;
  const bool is_good = WalkFrames(frames, static_cast<const unsigned char*>(bytes), count,
                                  [&](const unsigned char* piece, std::size_t size) {
                                    while (size != 0) {
                                      if (held == kRoom) {
                                        FollowInWebSocket(index, message, held);
                                        told += held;
                                        held = 0;
                                      }
                                      const std::size_t here = size < kRoom - held ? size : kRoom - held;
                                      Unmask(frames, piece, here, message + held);
                                      held += here;
                                      piece += here;
                                      size -= here;
                                    }
                                  });
  StoreRelease(slot->is_busy, std::uint64_t{0});
  if (held != 0) FollowInWebSocket(index, message, held);
  if (!is_good) return LoseWebSocket(index);
  if (held == 0) return PacketLabels::End();  // a ping, or the like: no packet
  if (told == 0) return;
  const Slot* inner = static_cast<const Slot*>(thread_state.packet_from);
  const bool is_one = inner != nullptr && told + held <= inner->connection.length + std::size_t{5};
  if (!is_one) PacketLabels::End();
}

/// In pieces: of what is written nobody gets labels.
void PacketTracker::WebSocketWritten(std::size_t index, const void* bytes, std::size_t count) {
  Slot* slot = SlotAt(index);
  if (slot == nullptr || !Swap(slot->is_written, 0u, 1u)) return LoseWebSocket(index);
  WebSocketFrames& frames = slot->frames_written;
  const void* const key = KeyOfWebSocket(index);
  const bool is_good = WalkFrames(frames, static_cast<const unsigned char*>(bytes), count,
                                  [&](const unsigned char* piece, std::size_t size) {
                                    if (frames.is_masked == 0) return SessionWritten(key, piece, size);
                                    constexpr std::size_t kRoom = 256;
                                    unsigned char clear[kRoom];
                                    while (size != 0) {
                                      const std::size_t here = size < kRoom ? size : kRoom;
                                      Unmask(frames, piece, here, clear);
                                      SessionWritten(key, clear, here);
                                      piece += here;
                                      size -= here;
                                    }
                                  });
  StoreRelease(slot->is_written, 0u);
  if (!is_good) LoseWebSocket(index);
}

void PacketTracker::WebSocketGaveNothing(std::size_t index, bool is_open) {
  const std::size_t place = FindPlaceOf(KeyOfWebSocket(index));
  if (place != kMaxSessions && IsFollowed(StateOf(kMaxDescriptors + place)))
    return GaveNothing(kMaxDescriptors + place, is_open);
  if (!is_open) PacketLabels::End();
}

/// Its frames can no longer be followed, or never could.
void PacketTracker::LoseWebSocket(std::size_t index) {
  const std::size_t place = FindPlaceOf(KeyOfWebSocket(index));
  if (place != kMaxSessions && IsFollowed(StateOf(kMaxDescriptors + place))) {
    packet_labels.CountLostConnection();
    LoseClient(kMaxDescriptors + place);
  } else {
    packet_labels.CountUnlabelled(log::Unlabelled::kWebSocket);
  }
  SetState(index, kRequest);
  SessionEnded(KeyOfWebSocket(index));
  PacketLabels::End();
}

}  // namespace mqtrack::recorder
