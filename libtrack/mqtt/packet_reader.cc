#include "libtrack/mqtt/packet_reader.h"

#include "libtrack/mqtt/wire.h"

namespace mqtrack::mqtt {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

class BodyReader {
 public:
  BodyReader(const RawPacket& raw, Version version) : reader_(raw.body), version_(version) {
    packet_.type = raw.type();
    packet_.flags = raw.first_byte & 15;
  }

  Result<Packet> Read() {
    if (Status flags = CheckFlags(); !flags) return flags.error();
    if (Status read = ReadFields(); !read) return read.error();
    if (reader_.failed()) return Wrong("ends in the middle of a field, or a length is written longer than it needs");
    if (!reader_.rest().empty()) return Wrong("has bytes behind its last field");
    return std::move(packet_);
  }

 private:
  [[nodiscard]] Error Wrong(const std::string& what) const {
    return {ErrorCode::kBadInput, what + ", at byte " + std::to_string(reader_.offset()) + " of its body",
            TypeName(packet_.type)};
  }

  Status CheckFlags() const {
    if (static_cast<unsigned>(packet_.type) == 0) return Error{ErrorCode::kBadInput, "type 0 is none", "packet"};
    if (packet_.type == Type::kAuth && version_ != Version::k5) return Wrong("is of MQTT 5 only");
    if (packet_.type == Type::kPublish) return packet_.qos() == 3 ? Status(Wrong("has QoS 3")) : Status();
    // MQTT 3.1 has DUP and QoS in the first byte of other packets too.
    if (version_ == Version::k31) return {};
    return packet_.flags == UsualFlags(packet_.type) ? Status() : Status(Wrong("has reserved flags"));
  }

  Status ReadProperty(Properties& to, WireReader& from, std::uint16_t place) {
    Property property;
    const std::uint32_t id = from.Variable();
    const PropertyRow* row = id > 0xff ? nullptr : FindProperty(static_cast<std::uint8_t>(id));
    if (from.failed()) return Wrong("ends in the middle of a property");
    if (row == nullptr) return Wrong("has a property " + std::to_string(id) + ", which there is not");
    if ((row->packets & place) == 0) return Wrong(std::string("must not have the property ") + row->name);
    if (!row->may_repeat && FindIn(to, row->id) != nullptr) return Wrong(std::string("has twice ") + row->name);
    property.id = row->id;
    switch (row->type) {
      case PropertyType::kByte:
        property.number = from.One();
        break;
      case PropertyType::kTwoBytes:
        property.number = from.Two();
        break;
      case PropertyType::kFourBytes:
        property.number = from.Four();
        break;
      case PropertyType::kVariable:
        property.number = from.Variable();
        break;
      case PropertyType::kText:
      case PropertyType::kBinary:
        property.text = from.Text();
        break;
      case PropertyType::kPair:
        property.text = from.Text();
        property.value = from.Text();
        break;
    }
    if (from.failed()) return Wrong("ends in the middle of a property");
    to.push_back(std::move(property));
    return {};
  }

  Status ReadProperties(Properties& to, std::uint16_t place) {
    if (version_ != Version::k5) return {};
    const std::uint32_t size = reader_.Variable();
    WireReader properties(reader_.Bytes(size));
    while (!properties.empty()) {
      if (Status read = ReadProperty(to, properties, place); !read) return read;
    }
    return {};
  }

  Status ReadOwnProperties() {
    return ReadProperties(packet_.properties, PacketBit(static_cast<unsigned>(packet_.type)));
  }

  Status ReadConnect() {
    const std::string_view name = reader_.Text();
    const unsigned level = reader_.One();
    const bool is_old = name == "MQIsdp" && level == 3;
    if (!is_old && !(name == "MQTT" && (level == 4 || level == 5))) return Wrong("asks for no known version");
    version_ = packet_.version = static_cast<Version>(level);
    const unsigned flags = reader_.One();
    if ((flags & 1) != 0) return Wrong("has the reserved connect flag");
    const bool has_will = (flags & 4) != 0, has_user = (flags & 0x80) != 0, has_password = (flags & 0x40) != 0;
    if (!has_will && (flags & 0x38) != 0) return Wrong("has the flags of a will and none");
    if ((flags & 0x18) == 0x18) return Wrong("has a will of QoS 3");
    if (has_password && !has_user && version_ != Version::k5) return Wrong("has a password and no user name");
    packet_.clean_start = (flags & 2) != 0;
    packet_.keep_alive_seconds = reader_.Two();
    if (Status read = ReadOwnProperties(); !read) return read;
    packet_.client_id = reader_.Text();
    if (has_will) {
      Will will;
      will.qos = flags >> 3 & 3;
      will.retain = (flags & 0x20) != 0;
      if (Status read = ReadProperties(will.properties, kInWill); !read) return read;
      will.topic = reader_.Text();
      will.payload = reader_.Text();
      packet_.will = std::move(will);
    }
    if (has_user) packet_.user_name = reader_.Text();
    if (has_password) packet_.password = reader_.Text();
    return {};
  }

  Status ReadConnack() {
    const unsigned flags = reader_.One();
    if (flags > 1) return Wrong("has reserved acknowledge flags");
    packet_.session_present = flags == 1;
    packet_.reason = reader_.One();
    return ReadOwnProperties();
  }

  Status ReadPublish() {
    packet_.topic = reader_.Text();
    if (packet_.qos() != 0) packet_.packet_id = reader_.Two();
    if (Status read = ReadOwnProperties(); !read) return read;
    packet_.payload = reader_.Bytes(reader_.rest().size());
    return {};
  }

  /// Reason and properties, each of which may be missing at the end.
  Status ReadReason() {
    if (version_ != Version::k5 || reader_.empty()) return {};
    packet_.reason = reader_.One();
    return reader_.empty() ? Status() : ReadOwnProperties();
  }

  Status ReadFilters() {
    packet_.packet_id = reader_.Two();
    if (Status read = ReadOwnProperties(); !read) return read;
    do {
      Subscription& one = packet_.subscriptions.emplace_back();
      one.filter = reader_.Text();
      if (packet_.type == Type::kSubscribe) one.options = reader_.One();
    } while (!reader_.empty());
    return {};
  }

  Status ReadReasons() {
    packet_.packet_id = reader_.Two();
    if (Status read = ReadOwnProperties(); !read) return read;
    if (packet_.type == Type::kUnsuback && version_ != Version::k5) return {};
    do packet_.reasons.push_back(reader_.One());
    while (!reader_.empty());
    return {};
  }

  Status ReadFields() {
    switch (packet_.type) {
      case Type::kConnect:
        return ReadConnect();
      case Type::kConnack:
        return ReadConnack();
      case Type::kPublish:
        return ReadPublish();
      case Type::kSubscribe:
      case Type::kUnsubscribe:
        return ReadFilters();
      case Type::kSuback:
      case Type::kUnsuback:
        return ReadReasons();
      case Type::kPuback:
      case Type::kPubrec:
      case Type::kPubrel:
      case Type::kPubcomp:
        packet_.packet_id = reader_.Two();
        return ReadReason();
      case Type::kDisconnect:
      case Type::kAuth:
        return ReadReason();
      case Type::kPingreq:
      case Type::kPingresp:
        return {};
    }
    return {};
  }

  WireReader reader_;
  Version version_;
  Packet packet_;
};

}  // namespace

Result<std::optional<RawPacket>> CutPacket(std::string_view bytes, std::size_t most) {
  constexpr std::size_t kLongestHeader = 5;
  if (bytes.size() < 2) return std::optional<RawPacket>();
  WireReader length(bytes.substr(1, kLongestHeader - 1));
  const std::uint32_t size = length.Variable();
  if (length.failed()) {
    const bool may_go_on = bytes.size() < kLongestHeader && (bytes.back() & 0x80) != 0;
    if (may_go_on) return std::optional<RawPacket>();
    return Error{ErrorCode::kBadInput, "the length of a packet is none", "packet"};
  }
  const std::size_t header = 1 + length.offset();
  if (size > most || header + size > most)
    return Error{
        ErrorCode::kBadInput,
        "a packet of " + std::to_string(size) + " bytes is longer than the " + std::to_string(most) + " that are taken",
        "packet"};
  if (bytes.size() < header + size) return std::optional<RawPacket>();
  return std::optional<RawPacket>(
      RawPacket{static_cast<std::uint8_t>(bytes[0]), bytes.substr(header, size), header + size});
}

Result<Packet> Read(const RawPacket& raw, Version version) { return BodyReader(raw, version).Read(); }

}  // namespace mqtrack::mqtt
