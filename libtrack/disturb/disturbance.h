// What networks and brokers do to a client, as data: at which packet, and what.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/mqtt/packet.h"
#include "libtrack/support/result.h"

namespace mqtrack::disturb {

enum class Kind : std::uint8_t {
  kRefuse,  // CONNECT is answered with CONNACK and `reason`, and the connection ended
  kClose,   // the connection ends, at the packet `at`
  kCut,     // half of the packet `at` is passed on, then the connection ends
  kDrop,    // the packet `at` is not passed on; the connection ends a moment later
  kSilent,  // from the packet `at` on nothing is passed on for `ms`, then the connection ends
  kSend,    // the client is sent `bytes` that it did not expect
};

struct Disturbance {
  std::string name;  // "close-before-connack"
  Kind kind = Kind::kClose;
  mqtt::Type at = mqtt::Type::kConnect;
  bool passes = false;  // kClose: the packet is passed on before
  bool reset = false;   // the connection ends with RST, not FIN
  std::uint8_t reason = 0;
  int ms = 0;
  std::string bytes;
  /// Happens while a client connects: its present connection is ended first, since it would not connect otherwise.
  [[nodiscard]] bool needs_new_connection() const {
    return at == mqtt::Type::kConnect || at == mqtt::Type::kConnack || at == mqtt::Type::kSubscribe ||
           at == mqtt::Type::kSuback;
  }
};

/// The plans that come with the command; of a name that is none, empty.
[[nodiscard]] std::vector<Disturbance> ReadyPlan(const std::string& name);
[[nodiscard]] std::vector<std::string> ReadyPlanNames();

/// One as a line of a plan: {"do": "close", "at": "PUBACK", "reset": true}.
[[nodiscard]] std::string PlanLine(const Disturbance& disturbance);

/// Reads a plan: [{"do": "refuse", "reason": 5}, {"do": "close", "at": "PUBACK", "passes": false, "reset": true}, …].
/// Unknown keys are refused; errors name `where`.
[[nodiscard]] support::Result<std::vector<Disturbance>> ParsePlan(std::string_view json, const std::string& where);

}  // namespace mqtrack::disturb
