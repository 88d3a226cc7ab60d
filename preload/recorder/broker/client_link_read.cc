// What a client says.
#include "preload/recorder/broker/client_link.h"

namespace mqtrack::recorder {
namespace {

using Taken = BodyFields::Taken;

constexpr unsigned kWillFlag = 0x04;       // of a CONNECT
constexpr unsigned kRetainFlag = 0x01;     // of a PUBLISH
constexpr std::uint32_t kFailures = 0x80;  // reasons
constexpr unsigned kMessageExpiry = 0x02, kExpiryInterval = 0x11, kWillDelay = 0x18, kTopicAlias = 0x23;

PacketType TypeOf(const PacketFrame& frame) { return static_cast<PacketType>(frame.first >> 4); }
unsigned QosOf(const PacketFrame& frame) { return frame.first >> 1 & 3; }

}  // namespace

/// What WalkPackets tells.
struct ClientLink::ReadPackets {
  ClientLink& link;
  BrokerSheet& sheet;
  void Begin(const PacketFrame& frame) { link.BeginRead(sheet, frame); }
  void Body(const PacketFrame& frame, const unsigned char* bytes, std::size_t count) {
    if (link.read_.is_over == 0) link.ReadBody(sheet, frame, bytes, count);
  }
  void End(const PacketFrame& frame) { link.EndRead(sheet, frame); }
};

void ClientLink::Read(BrokerSheet& sheet, const void* bytes, std::size_t count) {
  ReadPackets told = {*this, sheet};
  if (is_lost_ == 0 && !WalkPackets(frame_, static_cast<const unsigned char*>(bytes), count, told)) is_lost_ = 1;
}

bool ClientLink::MaySkip(unsigned char first) const {
  constexpr unsigned kQos2Flag = 0x04;
  if (frame_.first != 0 || LoadRelaxed(phase_) != kAccepted) return false;
  const PacketType type = static_cast<PacketType>(first >> 4);
  if (type == PacketType::kPublish) return version_ != 5 && (first & (kRetainFlag | kQos2Flag)) == 0;
  return type == PacketType::kPuback;
}

void ClientLink::Resume(BrokerSheet& sheet, const PacketFrame& frame) {
  frame_ = frame;
  if (frame.has_length == 0) return;
  if (frame.left == frame.length) return BeginRead(sheet, frame_);
  read_ = {};
  read_.is_over = 1;
}

void ClientLink::BeginRead(BrokerSheet& sheet, const PacketFrame& frame) {
  read_ = {};
  const PacketType type = TypeOf(frame);
  if (type == PacketType::kConnect) {
    Leave(sheet);  // the descriptor's number is another connection's by now
    const PacketFrame at_hand = frame_;
    *this = {};
    frame_ = at_hand;
    return read_.fields.ExpectText();
  }
  if (LoadRelaxed(phase_) == kAsking && type != PacketType::kAuth && type != PacketType::kDisconnect)
    Accept(sheet, BrokerSheet::Known::kNotSaid);
  const bool is_accepted = LoadRelaxed(phase_) == kAccepted;
  switch (type) {
    case PacketType::kPublish:
      // Any message may give its topic an alias.
      read_.is_over = is_accepted && ((frame.first & kRetainFlag) != 0 || QosOf(frame) == 2 || version_ == 5) ? 0 : 1;
      return read_.fields.ExpectText();
    case PacketType::kSubscribe:
    case PacketType::kUnsubscribe:
    case PacketType::kPuback:
    case PacketType::kPubrec:
    case PacketType::kPubrel:
    case PacketType::kPubcomp:
      read_.is_over = is_accepted ? 0 : 1;
      return read_.fields.ExpectNumber(2);
    case PacketType::kDisconnect:
      return read_.fields.ExpectNumber(1);
    default:
      read_.is_over = 1;
  }
}

void ClientLink::ReadBody(BrokerSheet& sheet, const PacketFrame& frame, const unsigned char* bytes, std::size_t count) {
  const unsigned char* const end = bytes + count;
  const std::uint32_t left_behind = frame.left - static_cast<std::uint32_t>(count);
  while (read_.is_over == 0 && count != 0) {
    Taken taken = read_.fields.Take(bytes, count);
    if (taken == Taken::kProperty) {
      OnReadProperty(frame);
      taken = read_.fields.GoOn() ? Taken::kMore : Taken::kField;
    }
    if (taken == Taken::kField) {
      ++read_.step;
      AfterReadField(sheet, frame);
      read_.has_payload = bytes != end || left_behind != 0 ? 1 : 0;
    } else if (taken == Taken::kBad) {
      read_.step = 0;
      read_.is_over = 1;
    }
  }
}

void ClientLink::AfterReadField(BrokerSheet& sheet, const PacketFrame& frame) {
  switch (TypeOf(frame)) {
    case PacketType::kConnect:
      return AfterConnectField();
    case PacketType::kPublish:
      return AfterPublishField(frame);
    case PacketType::kSubscribe:
      return AfterFilterField(sheet, true);
    case PacketType::kUnsubscribe:
      return AfterFilterField(sheet, false);
    case PacketType::kDisconnect:
      read_.number = read_.step == 1 ? read_.fields.value() : read_.number;
      if (version_ != 5 || read_.step > 1) break;
      return read_.fields.ExpectProperties();
    default:  // acknowledgements: an identifier, and perhaps a reason
      if (read_.step > 1) {
        read_.number = read_.fields.value();
        break;
      }
      read_.packet = static_cast<std::uint16_t>(read_.fields.value());
      return read_.fields.ExpectNumber(1);
  }
  read_.is_over = 1;
}

void ClientLink::AfterConnectField() {
  enum { kName = 1, kLevel, kFlags, kKeepAlive, kProperties, kClient, kWillProperties, kWillTopic, kWillPayload };
  constexpr unsigned kBridgeBit = 0x80;
  BodyFields& fields = read_.fields;
  switch (read_.step) {
    case kName:
      return fields.ExpectNumber(1);
    case kLevel:
      version_ = static_cast<std::uint8_t>(fields.value() & ~kBridgeBit);
      return fields.ExpectNumber(1);
    case kFlags:
      connect_flags_ = static_cast<std::uint8_t>(fields.value());
      return fields.ExpectNumber(2);
    case kKeepAlive:
      if (version_ == 5) return fields.ExpectProperties();
      read_.step = kProperties;
      return fields.ExpectText();
    case kProperties:
    case kWillProperties:
      return fields.ExpectText();
    case kClient:
      client_ = log::Mix(fields.hash());
      has_id_ = fields.text_bytes() != 0 ? 1 : 0;
      if ((connect_flags_ & kWillFlag) == 0) break;
      if (version_ == 5) return fields.ExpectProperties();
      read_.step = kWillProperties;
      return fields.ExpectText();
    case kWillTopic:
      will_topic_ = log::Mix(fields.hash());
      return fields.ExpectAnyText();
    default:
      is_will_empty_ = fields.text_bytes() == 0 ? 1 : 0;
  }
  read_.step = kDone;
  read_.is_over = 1;
}

void ClientLink::AfterPublishField(const PacketFrame& frame) {
  enum { kTopic = 1, kIdentifier, kProperties };
  if (read_.step == kTopic) {
    read_.text = log::Mix(read_.fields.hash());
    read_.has_topic = read_.fields.text_bytes() != 0 ? 1 : 0;
    if (QosOf(frame) != 0) return read_.fields.ExpectNumber(2);
    read_.step = kIdentifier;
  } else if (read_.step == kIdentifier) {
    read_.packet = static_cast<std::uint16_t>(read_.fields.value());
  }
  if (read_.step == kIdentifier && version_ == 5) return read_.fields.ExpectProperties();
  read_.step = kDone;
  read_.is_over = 1;
}

void ClientLink::AfterFilterField(BrokerSheet& sheet, bool subscribes) {
  enum { kIdentifier = 1, kProperties, kFilter, kOptions };
  BodyFields& fields = read_.fields;
  switch (read_.step) {
    case kIdentifier:
      if (subscribes) {
        filters_of_ = static_cast<std::uint16_t>(fields.value());
        filter_count_ = 0;
      }
      if (version_ == 5) return fields.ExpectProperties();
      read_.step = kProperties;
      return fields.ExpectText();
    case kProperties:
      return fields.ExpectText();
    case kFilter:
      read_.text = log::Mix(fields.hash());
      if (subscribes) return fields.ExpectNumber(1);
      sheet.Unsubscribed(session_, read_.text);
      break;
    default:
      const bool is_new = sheet.Subscribed(session_, read_.text);
      if (filter_count_ < kFilters) new_filters_[filter_count_] = is_new ? read_.text : 0;
      if (filter_count_ != 0) sheet.NoteUnnamedFilter();
      ++filter_count_;
  }
  read_.step = kProperties;
  fields.ExpectText();
}

void ClientLink::OnReadProperty(const PacketFrame& frame) {
  const unsigned property = read_.fields.property();
  const std::uint32_t value = read_.fields.value();
  if (TypeOf(frame) == PacketType::kPublish) {
    if (property == kTopicAlias) read_.alias = static_cast<std::uint16_t>(value);
    if (property == kMessageExpiry) read_.expires = 1;
    return;
  }
  if (property == kExpiryInterval) expiry_ = value;
  if (property == kWillDelay) will_delay_ = value;
}

void ClientLink::EndRead(BrokerSheet& sheet, const PacketFrame& frame) {
  sheet.Expire();
  const bool is_done = read_.step == kDone, has_identifier = read_.step != 0;
  switch (TypeOf(frame)) {
    case PacketType::kConnect:
      if (is_done) Asks(sheet);
      break;
    case PacketType::kPublish:
      if (is_done) Publishes(sheet, frame);
      break;
    case PacketType::kPuback:
    case PacketType::kPubcomp:
      if (has_identifier) sheet.Acknowledged(session_, read_.packet);
      break;
    case PacketType::kPubrec:
      if (has_identifier && read_.number >= kFailures) sheet.Acknowledged(session_, read_.packet);
      break;
    case PacketType::kPubrel:
      if (has_identifier) sheet.Released(session_, read_.packet);
      break;
    case PacketType::kDisconnect:
      Disconnects(sheet);
      break;
    default:
      break;
  }
}

}  // namespace mqtrack::recorder
