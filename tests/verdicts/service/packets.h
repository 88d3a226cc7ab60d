// Packets of MQTT 3.1.1, as far as the service needs them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mqtrack::verdicts {

/// By number, from 1 on.
enum class PacketType : std::uint8_t {
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
  kDisconnect
};

/// A whole packet at the front of some bytes.
struct Packet {
  PacketType type = PacketType::kConnect;
  std::uint8_t flags = 0;
  std::string_view body;
  std::size_t size = 0;  // with its head; 0: the bytes end before the packet does
};
Packet FirstPacket(std::string_view bytes);

/// Takes a body apart, from its front on. What lies beyond its end reads as nothing.
class Fields {
 public:
  explicit Fields(std::string_view body) : rest_(body) {}
  std::uint8_t Byte();
  std::uint16_t Number();
  std::string_view String();
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// A packet whose body is two bytes: an acknowledgement, or the answer to a CONNECT.
std::string ShortPacket(PacketType type, std::uint8_t flags, std::uint16_t number);
std::string PublishPacket(std::string_view topic, std::string_view payload, int qos, std::uint16_t id);

}  // namespace mqtrack::verdicts
