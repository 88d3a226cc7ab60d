// How many packets of each type something completed. Kept apart from the log until it is known that they were MQTT.
#pragma once

#include <cstdint>

#include "libtrack/log/packet_types.h"

namespace mqtrack::recorder {

/// All zero: none.
struct PacketCounts {
  std::uint32_t types;  // bit 1 << type: there are some
  std::uint32_t of[log::kPacketTypes];

  void Add(unsigned type) {
    types |= 1u << type;
    ++of[type];
  }
};

}  // namespace mqtrack::recorder
