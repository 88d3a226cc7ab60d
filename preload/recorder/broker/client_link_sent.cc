// What the broker answers, and sends by itself.
#include "preload/recorder/broker/client_link.h"
namespace mqtrack::recorder {
namespace {

using Taken = BodyFields::Taken;

constexpr std::uint32_t kFailures = 0x80;                       // reasons
constexpr unsigned kExpiryInterval = 0x11, kAssignedId = 0x12;  // properties of a CONNACK

PacketType TypeOf(const PacketFrame& frame) { return static_cast<PacketType>(frame.first >> 4); }
bool IsAcknowledged(const PacketFrame& frame) { return (frame.first & 6) != 0; }

}  // namespace

void ClientLink::SentBegin(const PacketFrame& frame) {
  sent_ = {};
  switch (TypeOf(frame)) {
    case PacketType::kConnack:
      return sent_.fields.ExpectNumber(1);
    case PacketType::kPublish:
      if (!IsAcknowledged(frame)) break;
      return sent_.fields.ExpectAnyText();
    case PacketType::kPubrec:
    case PacketType::kSuback:
      return sent_.fields.ExpectNumber(2);
    default:
      break;
  }
  sent_.is_over = 1;
}

void ClientLink::SentBody(BrokerSheet& sheet, const PacketFrame& frame, const unsigned char* bytes, std::size_t count) {
  while (sent_.is_over == 0 && count != 0) {
    Taken taken = sent_.fields.Take(bytes, count);
    if (taken == Taken::kProperty) {
      OnSentProperty(frame);
      taken = sent_.fields.GoOn() ? Taken::kMore : Taken::kField;
    }
    if (taken == Taken::kField) {
      ++sent_.step;
      AfterSentField(sheet, frame);
    } else if (taken == Taken::kBad) {
      sent_.is_over = 1;
    }
  }
}

void ClientLink::AfterSentField(BrokerSheet& sheet, const PacketFrame& frame) {
  enum { kFirst = 1, kSecond, kThird };
  const PacketType type = TypeOf(frame);
  const std::uint32_t value = sent_.fields.value();
  if (type == PacketType::kPublish) {
    if (sent_.step == kFirst) return sent_.fields.ExpectNumber(2);
    sent_.packet = static_cast<std::uint16_t>(value);
  } else if (type == PacketType::kConnack) {
    // Flags, code, properties.
    if (sent_.step == kFirst) sent_.number = value;
    if (sent_.step == kFirst) return sent_.fields.ExpectNumber(1);
    if (sent_.step == kSecond) sent_.packet = static_cast<std::uint16_t>(value);
    if (sent_.step == kSecond && version_ == 5) return sent_.fields.ExpectProperties();
  } else {
    // Identifier, and of a SUBACK properties, then codes.
    const bool has_properties = type == PacketType::kSuback && version_ == 5;
    if (sent_.step == kFirst) sent_.packet = static_cast<std::uint16_t>(value);
    if (sent_.step == kFirst && has_properties) return sent_.fields.ExpectProperties();
    if (sent_.step == kThird || (sent_.step == kSecond && !has_properties)) TakeCode(sheet, value, type);
    sent_.step = has_properties ? kSecond : kFirst;
    return sent_.fields.ExpectNumber(1);
  }
  sent_.is_over = 1;
}

void ClientLink::OnSentProperty(const PacketFrame& frame) {
  if (TypeOf(frame) != PacketType::kConnack || LoadRelaxed(phase_) != kAsking) return;
  if (sent_.fields.property() == kExpiryInterval) expiry_ = sent_.fields.value();
  if (sent_.fields.property() != kAssignedId) return;
  client_ = log::Mix(sent_.fields.hash());
  has_id_ = 1;
}

/// The next code of a SUBACK, or that of a PUBREC.
void ClientLink::TakeCode(BrokerSheet& sheet, std::uint32_t code, PacketType type) {
  const std::uint32_t number = sent_.number++;
  if (code < kFailures) return;
  if (type == PacketType::kPubrec) return sheet.Released(session_, sent_.packet);
  if (is_joined_ != 0) return;
  if (sent_.packet != filters_of_ || number >= filter_count_ || number >= kFilters)
    return sheet.Note(log::BrokerGap::kRefusals);
  if (new_filters_[number] != 0) sheet.Unsubscribed(session_, new_filters_[number]);
}

void ClientLink::SentEnd(BrokerSheet& sheet, const PacketFrame& frame) {
  constexpr std::uint8_t kComplete = 2;
  if (sent_.step < kComplete) return;
  if (TypeOf(frame) == PacketType::kPublish) return sheet.Sent(session_, sent_.packet);
  if (TypeOf(frame) != PacketType::kConnack) return;
  if (sent_.packet != 0) return Refuse(sheet);
  Accept(sheet, (sent_.number & 1) != 0 ? BrokerSheet::Known::kKept : BrokerSheet::Known::kNew);
}

}  // namespace mqtrack::recorder
