// A control packet of MQTT 3.1, 3.1.1 or 5 as plain data. One struct for all types: which fields a type has stands
// beside them, the rest stays empty. Nothing is checked here, so that packets can be made which no client may send.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/mqtt/property.h"

namespace mqtrack::mqtt {

/// By the level that CONNECT names.
enum class Version : std::uint8_t { k31 = 3, k311 = 4, k5 = 5 };

/// "3.1", "3.1.1", "5".
[[nodiscard]] const char* VersionName(Version version);

enum class Type : std::uint8_t {
  kConnect = 1,
  kConnack,
  kPublish,
  kPuback,
  kPubrec,
  kPubrel,
  kPubcomp,
  kSubscribe,
  kSuback,
  kUnsubscribe,
  kUnsuback,
  kPingreq,
  kPingresp,
  kDisconnect,
  kAuth
};

/// "CONNECT".
[[nodiscard]] const char* TypeName(Type type);

struct Will {
  std::string topic, payload;
  std::uint8_t qos = 0;
  bool retain = false;
  Properties properties;  // MQTT 5
  bool operator==(const Will&) const = default;
};

struct Subscription {
  std::string filter;
  std::uint8_t options = 0;  // SUBSCRIBE: QoS, and of MQTT 5 the options; UNSUBSCRIBE has none
  bool operator==(const Subscription&) const = default;
};

struct Packet {
  Type type = Type::kPingreq;
  std::uint8_t flags = 0;  // the lower half of the first byte; PUBLISH: DUP 8, QoS 6, RETAIN 1
  Properties properties;   // MQTT 5: of all types but PINGREQ and PINGRESP

  // CONNECT
  Version version = Version::k311;  // of CONNECT only: what it asks for
  bool clean_start = false;
  std::uint16_t keep_alive_seconds = 0;
  std::string client_id;
  std::optional<Will> will;
  std::optional<std::string> user_name, password;

  bool session_present = false;  // CONNACK
  /// CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, DISCONNECT and AUTH of MQTT 5; CONNACK of the others too.
  std::uint8_t reason = 0;
  std::uint16_t packet_id =
      0;                       // PUBLISH above QoS 0, its answers, and what subscribes or unsubscribes, and is answered
  std::string topic, payload;  // PUBLISH
  std::vector<Subscription> subscriptions;  // SUBSCRIBE, UNSUBSCRIBE
  std::vector<std::uint8_t> reasons;        // SUBACK; UNSUBACK of MQTT 5

  [[nodiscard]] std::uint8_t qos() const { return (flags >> 1) & 3; }
  bool operator==(const Packet&) const = default;
};

/// The flags that the specification wants of a type: 2 of PUBREL, SUBSCRIBE and UNSUBSCRIBE, else 0.
[[nodiscard]] constexpr std::uint8_t UsualFlags(Type type) {
  return type == Type::kPubrel || type == Type::kSubscribe || type == Type::kUnsubscribe ? 2 : 0;
}

}  // namespace mqtrack::mqtt
