// Writes operations: each call appends a step. The catalogue is made of these.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "libtrack/hunt/operation.h"
#include "libtrack/mqtt/packet_writer.h"

namespace mqtrack::hunt {

class Script {
 public:
  Script(std::string name, mqtt::Version version) : version_(version) {
    operation_.name = std::move(name);
    operation_.version = version;
  }

  /// Peers are numbers from 0; what follows is of the last one named.
  Script& As(std::uint8_t peer);
  Script& Open(Door door = Door::kPlain);
  Script& Raw(std::string bytes);
  Script& Send(const mqtt::Packet& packet) { return Raw(mqtt::Write(packet, version_)); }
  Script& Expect(mqtt::Type type);
  Script& Answer(mqtt::Type type, std::uint8_t reason = 0);
  Script& Settle() { return Add(Step::Do::kSettle); }
  Script& Closed() { return Add(Step::Do::kClosed); }
  Script& Sync() { return Add(Step::Do::kSync); }
  Script& Finish() { return Add(Step::Do::kFinish); }
  Script& Reset() { return Add(Step::Do::kReset); }

  /// Open, CONNECT, CONNACK.
  Script& Connect(const mqtt::Packet& connect, Door door = Door::kPlain);
  Script& Connect() { return Connect(ConnectPacket()); }
  /// SUBSCRIBE to one filter, SUBACK.
  Script& Subscribe(const std::string& filter, std::uint8_t options = 0);
  /// PUBLISH with all that follows at its QoS.
  Script& Publish(const std::string& topic, const std::string& payload, std::uint8_t qos, bool retain = false);
  /// DISCONNECT, and the end.
  Script& Disconnect(std::uint8_t reason = 0);
  /// A clean connection of a client's id, which ends the session that was kept for it.
  Script& ForgetSession(const std::string& client_id);

  /// The usual CONNECT of the last peer: clean, with an id of this round.
  [[nodiscard]] mqtt::Packet ConnectPacket() const;
  /// A CONNECT whose session stays. To be undone with ForgetSession.
  [[nodiscard]] mqtt::Packet LastingPacket(const std::string& client_id) const;
  [[nodiscard]] mqtt::Packet PublishPacket(const std::string& topic, const std::string& payload, std::uint8_t qos,
                                           bool retain = false) const;
  [[nodiscard]] static mqtt::Packet IdPacket(mqtt::Type type, std::uint16_t packet_id, std::uint8_t reason = 0);
  [[nodiscard]] static mqtt::Packet SubscribePacket(const std::string& filter, std::uint8_t options);
  [[nodiscard]] static mqtt::Packet UnsubscribePacket(const std::string& filter);

  Script& Needs(std::uint32_t needs);
  Script& RestsFor(int most_ms);
  Script& AtOnce();
  [[nodiscard]] mqtt::Version version() const { return version_; }
  [[nodiscard]] Operation Take() && { return std::move(operation_); }

 private:
  Script& Add(Step::Do what);

  Operation operation_;
  mqtt::Version version_;
  std::uint8_t peer_ = 0;
};

/// A topic of this round: "hunt/@@@@@@@@/" and `rest`.
[[nodiscard]] std::string RoundTopic(std::string_view rest = "t");
/// A client's id of this round.
[[nodiscard]] std::string RoundId(std::string_view rest = "c");

}  // namespace mqtrack::hunt
