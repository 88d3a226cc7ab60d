#include "preload/recorder/packets/sent_packets.h"

namespace mqtrack::recorder {
namespace {

/// What WalkPackets tells.
struct Told {
  PacketCounts& counts;
  const SentState* state;
  void Begin(const PacketFrame& frame) {
    if (state != nullptr) state->link.SentBegin(frame);
  }
  void Body(const PacketFrame& frame, const unsigned char* bytes, std::size_t count) {
    if (state != nullptr) state->link.SentBody(state->sheet, frame, bytes, count);
  }
  void End(const PacketFrame& frame) {
    counts.Add(frame.first >> 4);
    if (state != nullptr) state->link.SentEnd(state->sheet, frame);
  }
};

}  // namespace

bool FollowSent(SentPackets& sent, const void* data, std::size_t count, PacketCounts& counts, const SentState* state) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  if (sent.is_lost == 0) {
    Told told = {counts, state};
    if (WalkPackets(sent.frame, bytes, count, told)) return true;
    sent = {};
    sent.is_lost = 1;
    return false;
  }
  PacketFrame fresh = {};
  PacketCounts whole = {};
  Told told = {whole, nullptr};
  if (!WalkPackets(fresh, bytes, count, told) || fresh.first != 0) return false;
  sent = {};
  counts.types |= whole.types;
  for (unsigned type = 0; type < log::kPacketTypes; ++type) counts.of[type] += whole.of[type];
  return true;
}

}  // namespace mqtrack::recorder
