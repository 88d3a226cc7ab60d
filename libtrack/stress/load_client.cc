#include "libtrack/stress/load_client.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "libtrack/mqtt/packet_reader.h"
#include "libtrack/mqtt/packet_writer.h"

namespace mqtrack::stress {
namespace {

using mqtt::Packet;
using mqtt::Type;
using mqtt::Version;

constexpr std::size_t kMostUnsent = std::size_t{4} << 20, kMostPacket = std::size_t{128} << 20;
constexpr std::int64_t kLate = 1'000'000;  // nanoseconds
constexpr std::size_t kStamp = 24;         // bytes of a payload: "mqtrack" and 16 digits, and a blank
constexpr char kMark[] = "mqtrack ";

std::string Stamp(std::int64_t meant, std::size_t size) {
  char text[kStamp + 1];
  std::snprintf(text, sizeof text, "%s%016llx", kMark, static_cast<unsigned long long>(meant));
  std::string payload(text, kStamp);
  payload.resize(std::max(size, kStamp), '.');
  return payload;
}

void CountLate(std::int64_t meant, StageResult& stage) {
  if (Now() - meant > kLate) ++stage.late;
}

}  // namespace

std::int64_t Now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

LoadClient::LoadClient(const Group& group, std::int64_t number) : group_(group), number_(number) {}

std::string LoadClient::Filled(std::string text) const {
  const std::pair<const char*, std::int64_t> marks[] = {{"{client}", number_}, {"{n}", messages_}};
  for (const auto& [mark, value] : marks) {
    for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos;)
      text.replace(at, std::strlen(mark), std::to_string(value));
  }
  return text;
}

void LoadClient::Begin(std::uint16_t packet_id, std::int64_t meant) {
  // A client that waits for answers would have begun this one only if all before had been answered by then.
  pending_.push_back({packet_id, meant, pending_.empty() && last_answer_ <= meant});
}

void LoadClient::Send(const Packet& packet) {
  connection_.Send(mqtt::Write(packet, group_.version));
  last_sent_ = Now();
}

void LoadClient::KeepAlive(std::int64_t now) {
  constexpr std::int64_t kHalfSecond = 500'000'000;
  // At half of the time: a broker waits for half as long again.
  if (group_.keep_alive == 0 || !is_connected() || now - last_sent_ < group_.keep_alive * kHalfSecond) return;
  SendId(Type::kPingreq, 0);
  last_sent_ = now;  // the caller's clock, by which the next one is due
}

void LoadClient::SendId(Type type, std::uint16_t packet_id) {
  Packet packet;
  packet.type = type;
  packet.flags = mqtt::UsualFlags(type);
  packet.packet_id = packet_id;
  Send(packet);
}

void LoadClient::Connect(const mqtt::Endpoint& endpoint, mqtt::TlsContext* tls, std::int64_t meant,
                         StageResult& stage) {
  CountLate(meant, stage);
  auto opened = mqtt::Connection::Open(endpoint, tls);
  if (!opened) {
    ++stage.failed;
    return;
  }
  GiveUp(stage);
  connection_ = *std::move(opened);
  connection_.set_most_held(kMostPacket);
  state_ = State::kConnecting;
  Packet connect;
  connect.type = Type::kConnect;
  connect.version = group_.version;
  connect.clean_start = group_.clean;
  connect.keep_alive_seconds = static_cast<std::uint16_t>(group_.keep_alive);
  connect.client_id = "stress-" + group_.name + "-" + std::to_string(number_ / group_.same_id);
  if (group_.version == Version::k5 && group_.session_expiry != 0)
    connect.properties = {
        {.id = mqtt::kSessionExpiryInterval, .number = static_cast<std::uint32_t>(group_.session_expiry)}};
  if (group_.will)
    connect.will = mqtt::Will{Filled(group_.topic) + "/will", "gone", static_cast<std::uint8_t>(group_.qos), false, {}};
  Begin(0, meant);
  Send(connect);
}

void LoadClient::Subscribe(const std::string& filter, bool is_unsubscribe, std::int64_t meant, StageResult& stage) {
  CountLate(meant, stage);
  if (!is_connected()) {
    ++stage.dropped;
    return;
  }
  Packet packet;
  packet.type = is_unsubscribe ? Type::kUnsubscribe : Type::kSubscribe;
  packet.flags = mqtt::UsualFlags(packet.type);
  packet.packet_id = ++next_id_ == 0 ? ++next_id_ : next_id_;
  packet.subscriptions = {{Filled(filter.empty() ? group_.topic : filter), static_cast<std::uint8_t>(group_.qos)}};
  Begin(packet.packet_id, meant);
  Send(packet);
}

void LoadClient::Publish(bool retain, bool clears, std::int64_t meant, StageResult& stage) {
  CountLate(meant, stage);
  if (!is_connected() || connection_.unsent_bytes() > kMostUnsent || pending_.size() > 60'000) {
    ++stage.dropped;
    return;
  }
  Packet packet;
  packet.type = Type::kPublish;
  packet.flags = static_cast<std::uint8_t>(group_.qos << 1 | (retain ? 1 : 0));
  packet.topic = Filled(group_.topic);
  if (!clears) packet.payload = Stamp(meant, static_cast<std::size_t>(group_.payload));
  ++messages_;
  if (group_.qos == 0) {
    ++stage.done;
  } else {
    packet.packet_id = ++next_id_ == 0 ? ++next_id_ : next_id_;
    Begin(packet.packet_id, meant);
  }
  Send(packet);
}

void LoadClient::Disconnect(StageResult& stage) {
  if (!is_connected()) {
    ++stage.dropped;
    return;
  }
  GiveUp(stage);
  SendId(Type::kDisconnect, 0);
  connection_.Finish();
  state_ = State::kLeaving;
}

void LoadClient::Drop(StageResult& stage) {
  pending_.clear();
  connection_.Reset();
  state_ = State::kNone;
  ++stage.done;
}

void LoadClient::GiveUp(StageResult& stage) {
  stage.failed += static_cast<std::int64_t>(pending_.size());
  pending_.clear();
}

void LoadClient::Answered(std::uint16_t packet_id, bool is_good, StageResult& stage) {
  const auto found =
      std::find_if(pending_.begin(), pending_.end(), [&](const Pending& one) { return one.packet_id == packet_id; });
  if (found == pending_.end()) return;
  last_answer_ = Now();
  const std::int64_t nanos = last_answer_ - found->meant;
  is_good ? ++stage.done : ++stage.failed;
  if (is_good) stage.answer.Add(nanos);
  if (is_good && found->was_alone) stage.closed_loop.Add(nanos);
  pending_.erase(found);
}

void LoadClient::TakeMessage(const Packet& packet, StageResult& stage) {
  ++stage.received;
  const std::string_view payload = packet.payload;
  if (payload.size() >= kStamp && payload.substr(0, sizeof kMark - 1) == kMark) {
    const std::string digits(payload.substr(sizeof kMark - 1, 16));
    const auto meant = static_cast<std::int64_t>(std::strtoull(digits.c_str(), nullptr, 16));
    if (const std::int64_t now = Now(); meant > 0 && meant <= now) stage.delivery.Add(now - meant);
  }
  if (!group_.answers || packet.qos() == 0) return;
  SendId(packet.qos() == 1 ? Type::kPuback : Type::kPubrec, packet.packet_id);
}

void LoadClient::Take(const Packet& packet, StageResult& stage) {
  switch (packet.type) {
    case Type::kConnack:
      state_ = packet.reason == 0 ? State::kConnected : State::kNone;
      Answered(0, packet.reason == 0, stage);
      if (!group_.reads) connection_.set_most_held(0);
      return;
    case Type::kSuback:
      Answered(packet.packet_id, packet.reasons.empty() || packet.reasons.front() < 0x80, stage);
      return;
    case Type::kUnsuback:
    case Type::kPubcomp:
      Answered(packet.packet_id, true, stage);
      return;
    case Type::kPuback:
      Answered(packet.packet_id, packet.reason < 0x80, stage);
      return;
    case Type::kPubrec:
      if (packet.reason >= 0x80) return Answered(packet.packet_id, false, stage);
      if (group_.answers) SendId(Type::kPubrel, packet.packet_id);
      return;
    case Type::kPubrel:
      if (group_.answers) SendId(Type::kPubcomp, packet.packet_id);
      return;
    case Type::kPublish:
      TakeMessage(packet, stage);
      return;
    default:
      return;
  }
}

void LoadClient::End(StageResult& stage) {
  if (state_ == State::kLeaving) ++stage.done;
  GiveUp(stage);
  connection_.Close();
  state_ = State::kNone;
}

void LoadClient::OnReady(StageResult& stage) {
  connection_.Advance();
  std::string& received = connection_.received();
  std::size_t at = 0;
  while (true) {
    const auto raw = mqtt::CutPacket(std::string_view(received).substr(at), kMostPacket);
    if (!raw) return End(stage);  // no MQTT
    if (!*raw) break;
    const auto packet = mqtt::Read(**raw, group_.version);
    if (!packet) return End(stage);
    Take(*packet, stage);
    at += (*raw)->size;
  }
  received.erase(0, at);
  if (connection_.is_closed()) End(stage);
}

}  // namespace mqtrack::stress
