#include "preload/recorder/broker/body_fields.h"

#include "libtrack/log/broker_sessions.h"

namespace mqtrack::recorder {

void BodyFields::Expect(Kind kind, std::uint32_t bytes) {
  kind_ = kind;
  value_ = 0;
  shift_ = 0;
  left_ = bytes;
}

void BodyFields::ExpectNumber(unsigned bytes) {
  stage_ = Stage::kNoProperties;
  Expect(Kind::kNumber, bytes);
}

void BodyFields::ExpectText() {
  stage_ = Stage::kNoProperties;
  is_hashed_ = 1;
  Expect(Kind::kTextLength, 2);
}

void BodyFields::ExpectAnyText() {
  ExpectText();
  is_hashed_ = 0;
}

void BodyFields::ExpectProperties() {
  stage_ = Stage::kLength;
  is_hashed_ = 1;
  Expect(Kind::kVariable, 0);
}

/// MQTT 5.0, table 2-4. False: there is no such property.
bool BodyFields::ExpectValueOf(std::uint32_t property) {
  property_ = static_cast<std::uint8_t>(property);
  stage_ = property == 0x26 ? Stage::kFirstOfPair : Stage::kValue;
  switch (property) {
    case 0x01:
    case 0x17:
    case 0x19:
    case 0x24:
    case 0x25:
    case 0x28:
    case 0x29:
    case 0x2a:
      return Expect(Kind::kNumber, 1), true;
    case 0x13:
    case 0x21:
    case 0x22:
    case 0x23:
      return Expect(Kind::kNumber, 2), true;
    case 0x02:
    case 0x11:
    case 0x18:
    case 0x27:
      return Expect(Kind::kNumber, 4), true;
    case 0x0b:
      return Expect(Kind::kVariable, 0), true;
    case 0x03:
    case 0x08:
    case 0x09:
    case 0x12:
    case 0x15:
    case 0x16:
    case 0x1a:
    case 0x1c:
    case 0x1f:
    case 0x26:
      return Expect(Kind::kTextLength, 2), true;
    default:
      return false;
  }
}

/// One number or text. kField: it is complete.
BodyFields::Taken BodyFields::TakeSimple(const unsigned char*& bytes, std::size_t& count) {
  while (count != 0) {
    if (kind_ == Kind::kText) {
      const std::size_t used = count < left_ ? count : left_;
      std::uint64_t hash = hash_;
      for (std::size_t i = 0; is_hashed_ != 0 && i < used; ++i) hash = (hash ^ bytes[i]) * log::kTextHashStep;
      hash_ = hash;
      bytes += used;
      count -= used;
      left_ -= static_cast<std::uint32_t>(used);
      return left_ != 0 ? Taken::kMore : Taken::kField;
    }
    const unsigned char byte = *bytes++;
    --count;
    if (kind_ == Kind::kVariable) {
      value_ |= static_cast<std::uint32_t>(byte & 0x7f) << shift_;
      shift_ = static_cast<std::uint8_t>(shift_ + 7);
      if ((byte & 0x80) == 0) return Taken::kField;
      if (shift_ == 28) return Taken::kBad;
      continue;
    }
    value_ = value_ << 8 | byte;
    if (--left_ != 0) continue;
    if (kind_ == Kind::kNumber) return Taken::kField;
    text_bytes_ = left_ = value_;
    hash_ = log::kTextHashBegin;
    kind_ = Kind::kText;
    if (left_ == 0) return Taken::kField;
  }
  return Taken::kMore;
}

bool BodyFields::GoOn() {
  if (properties_left_ == 0) {
    stage_ = Stage::kNoProperties;
    kind_ = Kind::kNone;
    return false;
  }
  // A variable byte integer, of which none needs two bytes so far.
  stage_ = Stage::kIdentifier;
  Expect(Kind::kNumber, 1);
  return true;
}

/// A number or text is complete.
BodyFields::Taken BodyFields::AfterSimple() {
  switch (stage_) {
    case Stage::kNoProperties:
      return Taken::kField;
    case Stage::kLength:
      properties_left_ = value_;
      return GoOn() ? Taken::kMore : Taken::kField;
    case Stage::kIdentifier:
      if (!ExpectValueOf(value_) || properties_left_ == 0) return Taken::kBad;
      return Taken::kMore;
    case Stage::kFirstOfPair:
      stage_ = Stage::kValue;
      Expect(Kind::kTextLength, 2);
      return properties_left_ != 0 ? Taken::kMore : Taken::kBad;
    case Stage::kValue:
      return Taken::kProperty;
  }
  return Taken::kBad;
}

BodyFields::Taken BodyFields::Take(const unsigned char*& bytes, std::size_t& count) {
  if (kind_ == Kind::kNone) return Taken::kBad;
  do {
    const bool is_inside = stage_ != Stage::kNoProperties && stage_ != Stage::kLength;
    const std::size_t before = is_inside && properties_left_ < count ? properties_left_ : count;
    std::size_t room = before;
    Taken taken = TakeSimple(bytes, room);
    count -= before - room;
    if (is_inside) properties_left_ -= static_cast<std::uint32_t>(before - room);
    if (taken == Taken::kField) {
      taken = AfterSimple();
    } else if (taken == Taken::kMore && is_inside && properties_left_ == 0) {
      taken = Taken::kBad;  // it goes on beyond the end of the properties
    }
    if (taken != Taken::kMore) return taken;
  } while (count != 0);
  return Taken::kMore;
}

}  // namespace mqtrack::recorder
