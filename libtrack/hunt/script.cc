#include "libtrack/hunt/script.h"

namespace mqtrack::hunt {

using mqtt::Packet;
using mqtt::Type;
using mqtt::Version;

std::string RoundTopic(std::string_view rest) { return std::string("hunt/") + kRoundMark + "/" + std::string(rest); }
std::string RoundId(std::string_view rest) { return std::string("hunt-") + kRoundMark + "-" + std::string(rest); }

Script& Script::Add(Step::Do what) {
  operation_.steps.push_back({.what = what, .peer = peer_});
  return *this;
}

Script& Script::As(std::uint8_t peer) {
  peer_ = peer;
  return *this;
}

Script& Script::Open(Door door) {
  Add(Step::Do::kOpen);
  operation_.steps.back().door = door;
  return *this;
}

Script& Script::Raw(std::string bytes) {
  Add(Step::Do::kSend);
  operation_.steps.back().bytes = std::move(bytes);
  return *this;
}

Script& Script::Expect(Type type) {
  Add(Step::Do::kExpect);
  operation_.steps.back().expects = type;
  return *this;
}

Script& Script::Answer(Type type, std::uint8_t reason) {
  Add(Step::Do::kAnswer);
  operation_.steps.back().expects = type;
  operation_.steps.back().reason = reason;
  return *this;
}

Packet Script::ConnectPacket() const {
  Packet connect;
  connect.type = Type::kConnect;
  connect.version = version_;
  connect.clean_start = true;
  connect.keep_alive_seconds = 60;
  connect.client_id = RoundId(std::string(1, static_cast<char>('a' + peer_)));
  return connect;
}

Packet Script::LastingPacket(const std::string& client_id) const {
  Packet connect = ConnectPacket();
  connect.clean_start = false;
  connect.client_id = client_id;
  if (version_ == Version::k5) connect.properties = {{.id = mqtt::kSessionExpiryInterval, .number = 1'000'000}};
  return connect;
}

Packet Script::PublishPacket(const std::string& topic, const std::string& payload, std::uint8_t qos,
                             bool retain) const {
  Packet publish;
  publish.type = Type::kPublish;
  publish.flags = static_cast<std::uint8_t>(qos << 1 | (retain ? 1 : 0));
  publish.packet_id = qos == 0 ? 0 : 1;
  publish.topic = topic;
  publish.payload = payload;
  return publish;
}

Packet Script::IdPacket(Type type, std::uint16_t packet_id, std::uint8_t reason) {
  Packet packet;
  packet.type = type;
  packet.flags = mqtt::UsualFlags(type);
  packet.packet_id = packet_id;
  packet.reason = reason;
  return packet;
}

Packet Script::SubscribePacket(const std::string& filter, std::uint8_t options) {
  Packet subscribe = IdPacket(Type::kSubscribe, 1);
  subscribe.subscriptions = {{filter, options}};
  return subscribe;
}

Packet Script::UnsubscribePacket(const std::string& filter) {
  Packet unsubscribe = IdPacket(Type::kUnsubscribe, 2);
  unsubscribe.subscriptions = {{filter, 0}};
  return unsubscribe;
}

Script& Script::Connect(const Packet& connect, Door door) {
  return Open(door).Raw(mqtt::Write(connect, connect.version)).Expect(Type::kConnack);
}

Script& Script::Subscribe(const std::string& filter, std::uint8_t options) {
  return Send(SubscribePacket(filter, options)).Expect(Type::kSuback);
}

Script& Script::Publish(const std::string& topic, const std::string& payload, std::uint8_t qos, bool retain) {
  Send(PublishPacket(topic, payload, qos, retain));
  if (qos == 0) return Settle();
  if (qos == 1) return Expect(Type::kPuback);
  return Expect(Type::kPubrec).Send(IdPacket(Type::kPubrel, 1)).Expect(Type::kPubcomp);
}

Script& Script::Disconnect(std::uint8_t reason) { return Send(IdPacket(Type::kDisconnect, 0, reason)).Finish(); }

Script& Script::ForgetSession(const std::string& client_id) {
  Packet connect = ConnectPacket();
  connect.client_id = client_id;
  return Connect(connect).Disconnect();
}

Script& Script::Needs(std::uint32_t needs) {
  operation_.needs |= needs;
  return *this;
}

Script& Script::RestsFor(int most_ms) {
  operation_.most_rest_ms = most_ms;
  return *this;
}

Script& Script::AtOnce() {
  operation_.at_once = true;
  return *this;
}

}  // namespace mqtrack::hunt
