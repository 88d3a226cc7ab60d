// What a thread makes while it handles an MQTT packet carries the packet's labels: it was caused by that packet.
#pragma once

#include "preload/recorder/packets/packet_follower.h"
#include "preload/recorder/packets/packet_sets.h"
#include "preload/recorder/recorder.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/thread_state.h"

namespace mqtrack::recorder {

/// A view of a recorder. All members may be called from any thread and from signal handlers, keep errno, allocate
/// nothing, and never block.
class PacketLabels {
 public:
  explicit constexpr PacketLabels(Recorder& owner) : recorder_(owner) {}

  /// The calling thread now handles a packet that it has read from this connection, whose sets are `known`.
  void Begin(const Connection& connection, const Handling& handling, ConnectionSets& known) const;
  /// The calling thread is done with its packet. Cheap if it handled none.
  static void End() {
    if (thread_state.in_packet == InPacket::kNo) return;
    thread_state.in_packet = InPacket::kNo;
    thread_state.labels = thread_state.name_labels;
    if (recorder.trace().IsOn()) [[unlikely]]
      recorder.trace().Write({.type = log::TraceType::kDone});
  }
  /// The peer of this descriptor has said its client id: its sample bears the id too.
  void NameConnection(int fd, const Connection& connection) const;
  /// An MQTT connection can no longer be followed.
  void CountLostConnection() const;
  /// Packets that were read or written to their end.
  void CountReceived(const PacketCounts& counts) const { Count(recorder_.header().packets_received, counts); }
  void CountSent(const PacketCounts& counts) const { Count(recorder_.header().packets_sent, counts); }
  void CountReceived(PacketType type) const {
    AddRelaxed(recorder_.header().packets_received[static_cast<std::size_t>(type)], std::uint64_t{1});
  }
  /// Of what is written to a connection some packets will not be counted.
  void CountUncountedSender() const { AddRelaxed(recorder_.header().uncounted_senders, std::uint64_t{1}); }
  /// Something will lack labels (libtrack/log/layout.h). Counts no further than kMostUnlabelled: threads that do so
  /// with every packet have no use for a word that they all write to.
  void CountUnlabelled(log::Unlabelled why) const {
    std::uint64_t& count = recorder_.header().unlabelled[static_cast<std::size_t>(why)];
    if (LoadRelaxed(count) < log::kMostUnlabelled) AddRelaxed(count, std::uint64_t{1});
  }

 private:
  static void Count(std::uint64_t (&totals)[log::kPacketTypes], const PacketCounts& counts) {
    for (unsigned types = counts.types; types != 0; types &= types - 1) {
      const auto type = static_cast<unsigned>(__builtin_ctz(types));
      AddRelaxed(totals[type], std::uint64_t{counts.of[type]});
    }
  }

  Recorder& recorder_;
};

inline constexpr PacketLabels packet_labels{recorder};

}  // namespace mqtrack::recorder
