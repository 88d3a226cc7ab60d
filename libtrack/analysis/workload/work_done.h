// What a service did: the MQTT packets that it received and sent. Growth is read beside it.
#pragma once

#include <array>
#include <cstdint>

#include "libtrack/log/packet_types.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::analysis {

using PacketTotals = std::array<std::int64_t, log::kPacketTypes>;

/// MQTT packets by their types' numbers, each counted once it was complete.
struct WorkDone {
  bool is_known = false;  // false: nobody counted, and the rest means nothing
  PacketTotals received{}, sent{};
  std::int64_t uncounted_senders = 0;  // connections of whose sent packets some were not counted
  /// True if there was none at all.
  [[nodiscard]] bool IsNone() const;
};

/// Since the recording began, from the profile's facts. Several of them are added up, as a merged profile has them.
[[nodiscard]] WorkDone ReadWork(const profile::Profile& profile);

/// What was done after `base`. Not known unless both are, and nothing became less: then they are of two recordings.
[[nodiscard]] WorkDone WorkBetween(const WorkDone& base, const WorkDone& newer);

}  // namespace mqtrack::analysis
