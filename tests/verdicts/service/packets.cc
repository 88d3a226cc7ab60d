#include "packets.h"

#include <algorithm>

namespace mqtrack::verdicts {
namespace {

constexpr unsigned kMore = 0x80;

std::string Head(PacketType type, unsigned flags, std::size_t length) {
  std::string head(1, static_cast<char>(static_cast<unsigned>(type) << 4 | flags));
  do {
    const std::size_t digit = length % kMore;
    length /= kMore;
    head.push_back(static_cast<char>(digit | (length > 0 ? kMore : 0)));
  } while (length > 0);
  return head;
}

void AddNumber(std::string& packet, std::size_t number) {
  packet.push_back(static_cast<char>(number >> 8));
  packet.push_back(static_cast<char>(number));
}

}  // namespace

Packet FirstPacket(std::string_view bytes) {
  std::size_t length = 0, at = 1;
  for (unsigned shift = 0;; shift += 7) {
    if (at >= bytes.size()) return {};
    const auto digit = static_cast<unsigned char>(bytes[at++]);
    length |= std::size_t{digit % kMore} << shift;
    if (digit < kMore) break;
  }
  if (bytes.size() - at < length) return {};
  const auto first = static_cast<unsigned char>(bytes[0]);
  return {static_cast<PacketType>(first >> 4), static_cast<std::uint8_t>(first & 15U), bytes.substr(at, length),
          at + length};
}

std::uint8_t Fields::Byte() {
  if (rest_.empty()) return 0;
  const auto byte = static_cast<std::uint8_t>(rest_[0]);
  rest_.remove_prefix(1);
  return byte;
}

std::uint16_t Fields::Number() {
  const unsigned high = Byte();
  return static_cast<std::uint16_t>(high << 8 | Byte());
}

std::string_view Fields::String() {
  const std::size_t length = std::min<std::size_t>(Number(), rest_.size());
  const std::string_view text = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return text;
}

std::string ShortPacket(PacketType type, std::uint8_t flags, std::uint16_t number) {
  std::string packet = Head(type, flags, 2);
  AddNumber(packet, number);
  return packet;
}

std::string PublishPacket(std::string_view topic, std::string_view payload, int qos, std::uint16_t id) {
  std::string packet = Head(PacketType::kPublish, static_cast<unsigned>(qos) << 1,
                            2 + topic.size() + (qos > 0 ? 2 : 0) + payload.size());
  AddNumber(packet, topic.size());
  packet += topic;
  if (qos > 0) AddNumber(packet, id);
  return packet += payload;
}

}  // namespace mqtrack::verdicts
