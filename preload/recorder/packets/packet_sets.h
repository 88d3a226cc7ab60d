// The label sets of packets: found by a hash of thread name, packet type, client and topic, so that a packet whose
// labels were met before costs one look-up. Bounded: a flood of client ids or topics ends in `(other)`.
#pragma once

#include <cstdint>

#include "preload/recorder/labels/label_table.h"
#include "preload/recorder/packets/packet_follower.h"
#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::recorder {

/// The sets of one connection's packets without a topic, which are most: known without a look-up. All zero: none is.
/// Belongs to the thread that reads from the connection.
struct ConnectionSets {
  std::uint32_t thread;  // LabelsId of the thread's name that they are for
  std::uint16_t era;     // PacketSets::era() when they were found
  std::uint8_t has_client;
  std::uint32_t sets[17];  // by PacketType; 0: not known
};

/// Thread-safe, lock-free, async-signal-safe.
class PacketSets {
 public:
  /// Sets with all their labels.
  static constexpr std::uint32_t kMaxFull = 10000;
  /// Further ones whose topic is `(other)`, so that a flood of topics leaves room for new clients. Beyond these the
  /// client is `(other)` too, of which there are as many as packet types and thread names.
  static constexpr std::uint32_t kMaxWithClient = 4000;

  /// The set of a packet: `thread`, which is the set of the thread's name, with mqtt_packet, mqtt_client and mqtt_topic
  /// where they are known. `thread` itself if the label table is full.
  /// `known` are the connection's.
  [[nodiscard]] log::LabelsId SetOf(LabelTable& labels, log::LabelsId thread, const Connection& connection,
                                    const Handling& handling, ConnectionSets& known);

  /// True if further sets get all their labels.
  [[nodiscard]] bool HasRoom() const { return LoadRelaxed(full_) < kMaxFull; }

  /// In a child of fork, alone: forgets sets that are not in its copy of the log.
  void RepairAfterFork(const LabelTable& labels);

  /// Another one in a child of fork: what is not in its copy of the log must be found anew.
  [[nodiscard]] std::uint16_t era() const { return era_; }

 private:
  [[nodiscard]] log::LabelsId SetOf(LabelTable& labels, log::LabelsId thread, const Connection& connection,
                                    const Handling& handling);
  static constexpr std::uint32_t kEntries = 32768;
  /// Two words that fit each other only if one writer wrote both.
  struct Entry {
    std::uint64_t check;  // key ^ Mix(labels); 0: free
    std::uint64_t labels;
  };
  struct Names;

  [[nodiscard]] log::LabelsId Find(std::uint64_t key) const;
  void Remember(std::uint64_t key, log::LabelsId labels);
  [[nodiscard]] static std::uint64_t KeyOf(log::LabelsId thread, const Names& names);

  std::uint32_t full_ = 0, with_client_ = 0;
  std::uint16_t era_ = 0;
  Entry entries_[kEntries] = {};
};
static_assert(PacketSets::kMaxFull + PacketSets::kMaxWithClient < LabelTable::kEntries / 2);

}  // namespace mqtrack::recorder
