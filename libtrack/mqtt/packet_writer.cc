#include "libtrack/mqtt/packet_writer.h"

#include "libtrack/mqtt/wire.h"

namespace mqtrack::mqtt {
namespace {

// Bits of the connect flags.
constexpr unsigned kCleanStart = 2, kWillFlag = 4, kWillRetain = 32, kPasswordFlag = 64, kUserNameFlag = 128;

void PutProperties(std::string& to, const Properties& properties, Version version) {
  if (version == Version::k5) to += WriteProperties(properties);
}

std::string ConnectBody(const Packet& packet) {
  const Version version = packet.version;
  std::string body;
  PutText(body, version == Version::k31 ? "MQIsdp" : "MQTT");
  body.push_back(static_cast<char>(version));
  unsigned flags = packet.clean_start ? kCleanStart : 0;
  if (packet.will)
    flags |= kWillFlag | static_cast<unsigned>(packet.will->qos & 3) << 3 | (packet.will->retain ? kWillRetain : 0);
  if (packet.user_name) flags |= kUserNameFlag;
  if (packet.password) flags |= kPasswordFlag;
  body.push_back(static_cast<char>(flags));
  PutTwo(body, packet.keep_alive_seconds);
  PutProperties(body, packet.properties, version);
  PutText(body, packet.client_id);
  if (packet.will) {
    PutProperties(body, packet.will->properties, version);
    PutText(body, packet.will->topic);
    PutText(body, packet.will->payload);
  }
  if (packet.user_name) PutText(body, *packet.user_name);
  if (packet.password) PutText(body, *packet.password);
  return body;
}

/// Reason and properties at the end of a packet: nothing where both are what they are when missing.
void PutReason(std::string& to, const Packet& packet, Version version) {
  if (version != Version::k5 || (packet.reason == 0 && packet.properties.empty())) return;
  to.push_back(static_cast<char>(packet.reason));
  if (!packet.properties.empty()) to += WriteProperties(packet.properties);
}

void PutReasons(std::string& to, const Packet& packet) {
  for (const std::uint8_t reason : packet.reasons) to.push_back(static_cast<char>(reason));
}

std::string PublishBody(const Packet& packet, Version version) {
  std::string body;
  PutText(body, packet.topic);
  if (packet.qos() != 0) PutTwo(body, packet.packet_id);
  PutProperties(body, packet.properties, version);
  return body + packet.payload;
}

}  // namespace

std::string WriteProperty(const Property& property) {
  std::string bytes;
  PutVariable(bytes, property.id);
  const PropertyRow* row = FindProperty(property.id);
  switch (row == nullptr ? PropertyType::kByte : row->type) {
    case PropertyType::kByte:
      bytes.push_back(static_cast<char>(property.number & 0xff));
      break;
    case PropertyType::kTwoBytes:
      PutTwo(bytes, property.number);
      break;
    case PropertyType::kFourBytes:
      PutFour(bytes, property.number);
      break;
    case PropertyType::kVariable:
      PutVariable(bytes, property.number);
      break;
    case PropertyType::kText:
    case PropertyType::kBinary:
      PutText(bytes, property.text);
      break;
    case PropertyType::kPair:
      PutText(bytes, property.text);
      PutText(bytes, property.value);
      break;
  }
  return bytes;
}

std::string WriteProperties(const Properties& properties) {
  std::string all, bytes;
  for (const Property& property : properties) all += WriteProperty(property);
  PutVariable(bytes, static_cast<std::uint32_t>(all.size()));
  return bytes + all;
}

std::string WriteBody(const Packet& packet, Version version) {
  std::string body;
  switch (packet.type) {
    case Type::kConnect:
      return ConnectBody(packet);
    case Type::kPublish:
      return PublishBody(packet, version);
    case Type::kConnack:
      body.push_back(packet.session_present ? 1 : 0);
      body.push_back(static_cast<char>(packet.reason));
      PutProperties(body, packet.properties, version);
      break;
    case Type::kPuback:
    case Type::kPubrec:
    case Type::kPubrel:
    case Type::kPubcomp:
      PutTwo(body, packet.packet_id);
      PutReason(body, packet, version);
      break;
    case Type::kSubscribe:
    case Type::kUnsubscribe:
      PutTwo(body, packet.packet_id);
      PutProperties(body, packet.properties, version);
      for (const Subscription& one : packet.subscriptions) {
        PutText(body, one.filter);
        if (packet.type == Type::kSubscribe) body.push_back(static_cast<char>(one.options));
      }
      break;
    case Type::kSuback:
    case Type::kUnsuback:
      PutTwo(body, packet.packet_id);
      PutProperties(body, packet.properties, version);
      PutReasons(body, packet);
      break;
    case Type::kDisconnect:
    case Type::kAuth:
      PutReason(body, packet, version);
      break;
    case Type::kPingreq:
    case Type::kPingresp:
      break;
  }
  return body;
}

std::string Frame(std::uint8_t first_byte, std::string_view body) {
  std::string bytes(1, static_cast<char>(first_byte));
  PutVariable(bytes, static_cast<std::uint32_t>(body.size()));
  bytes.append(body);
  return bytes;
}

std::string Write(const Packet& packet, Version version) {
  const auto first = static_cast<std::uint8_t>(static_cast<unsigned>(packet.type) << 4 | (packet.flags & 15));
  return Frame(first, WriteBody(packet, version));
}

}  // namespace mqtrack::mqtt
