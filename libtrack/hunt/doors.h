// How to reach each door of one broker.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "libtrack/hunt/operation.h"
#include "libtrack/mqtt/connection.h"

namespace mqtrack::hunt {

struct DoorWay {
  mqtt::Endpoint endpoint;
  std::shared_ptr<mqtt::TlsContext> tls;  // of a TLS door
};

struct Doors {
  std::array<std::optional<DoorWay>, static_cast<std::size_t>(Door::kCount)> ways;
  std::uint32_t has = kNeedsNothing;  // which Needs are met

  [[nodiscard]] const DoorWay* Find(Door door) const {
    const auto& way = ways[static_cast<std::size_t>(door)];
    return way ? &*way : nullptr;
  }
  /// Why an operation cannot be tried here; empty if it can.
  [[nodiscard]] std::string WhyNot(const Operation& operation) const;
};

}  // namespace mqtrack::hunt
