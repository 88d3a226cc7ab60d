// What the tracker tells a timeline, while one is asked for: packets that came and went, connections that open and close.
#include "preload/recorder/packets/packet_slot.h"
#include "preload/recorder/packets/packet_tracker.h"
#include "preload/recorder/recorder.h"

namespace mqtrack::recorder {
namespace {

/// What a timeline calls a connection.
std::uint32_t ConnectionNumber(std::size_t index) { return static_cast<std::uint32_t>(index + 1); }

/// Of packets that came or went together: their type, or that they have several.
std::uint8_t TypeOf(const PacketCounts& counts) {
  return static_cast<std::uint8_t>((counts.types & (counts.types - 1)) == 0 ? __builtin_ctz(counts.types)
                                                                            : static_cast<int>(PacketType::kSeveral));
}

std::uint64_t SumOf(const PacketCounts& counts) {
  std::uint64_t sum = 0;
  for (const std::uint32_t count : counts.of) sum += count;
  return sum;
}

TraceText ClientOf(const Connection& connection) {
  return {connection.client.data, connection.has_client != 0 ? connection.client.bytes : std::size_t{0}};
}

TraceText TopicOf(const Handling& handling) {
  return {handling.topic.data, handling.has_topic ? handling.topic.bytes : std::size_t{0}};
}

}  // namespace

/// Bytes of an ordinary packet were taken, perhaps its first one, perhaps its last. The slot is the calling thread's.
void PacketTracker::TraceQuietly(std::size_t index, Slot& slot, bool is_first) {
  const std::uint32_t number = ConnectionNumber(index);
  if (is_first) recorder.trace().Write({.type = log::TraceType::kTakesUp, .connection = number});
  const PacketType type = Completed(slot.connection);
  if (type == PacketType::kNone) return;
  Handling handling;
  Describe(slot.connection, pool_, handling);
  AdoptClient(slot);
  recorder.trace().Write({.type = log::TraceType::kPacket,
                          .packet = static_cast<std::uint8_t>(type),
                          .connection = number,
                          .value = 1,
                          .client = ClientOf(slot.connection),
                          .text = TopicOf(handling)});
}

/// The same of what Feed was given, to a connection that was in this state. The bytes may have been those of several
/// packets.
void PacketTracker::TraceFed(std::size_t index, const Slot& slot, const Handling& handling, State before) {
  const std::uint32_t number = ConnectionNumber(index);
  const TraceText client = ClientOf(slot.connection);
  if (!IsFollowed(before)) {
    recorder.trace().Write({.type = log::TraceType::kOpened,
                            .connection = number,
                            .value = before == kJoining ? 1u : 0u,
                            .client = client});
  }
  if (handling.completed.types == 0) return;
  recorder.trace().Write({.type = log::TraceType::kPacket,
                          .packet = TypeOf(handling.completed),
                          .connection = number,
                          .value = SumOf(handling.completed),
                          .client = client,
                          .text = TopicOf(handling)});
}

/// Packets were written. Whose the connection is may be another thread's to change.
void PacketTracker::TraceSent(std::size_t index, const Slot& slot, const PacketCounts& counts) {
  if (counts.types == 0) return;
  recorder.trace().Write({.type = log::TraceType::kSent,
                          .packet = TypeOf(counts),
                          .connection = ConnectionNumber(index),
                          .value = SumOf(counts),
                          .client = IsOnlyThread() ? ClientOf(slot.connection) : TraceText{}});
}

void PacketTracker::TraceClosed(std::size_t index) {
  recorder.trace().Write({.type = log::TraceType::kClosed, .connection = ConnectionNumber(index)});
}

}  // namespace mqtrack::recorder
