// Each property of MQTT 5 in each packet that a client can send, and in the will: once, twice, cut short, and with
// values at the edges; where it is allowed and where it is not.
#include "libtrack/hunt/catalogue/property_operations.h"

#include <string>

#include "libtrack/hunt/catalogue/chapter.h"
#include "libtrack/hunt/catalogue/in_place.h"
#include "libtrack/mqtt/wire.h"

namespace mqtrack::hunt {
namespace {

using mqtt::Packet;
using mqtt::Property;
using mqtt::PropertyRow;
using mqtt::PropertyType;
using mqtt::Type;
using mqtt::Version;

/// An ordinary value. Authentication needs its method, which no broker knows: that is the point of it.
Property Usual(const PropertyRow& row) {
  if (row.type < PropertyType::kText) return {row.id, 1};
  if (row.type == PropertyType::kPair) return {row.id, 0, "key", "value"};
  return {row.id, 0, row.type == PropertyType::kBinary ? "bytes" : "hunt/text"};
}

Property Extreme(const PropertyRow& row) {
  if (row.type == PropertyType::kVariable) return {row.id, mqtt::kMostVariable};
  if (row.type < PropertyType::kText) return {row.id, 0xffff'ffff};
  return {row.id, 0, std::string(60'000, 'k'), row.type == PropertyType::kPair ? std::string(60'000, 'v') : ""};
}

Property Wrong(const PropertyRow& row) {
  if (row.type < PropertyType::kText) return {row.id, 0};
  return {row.id, 0, "\xff\xfe", "\xc0\x80"};
}

/// The packet with `properties`, in the packet itself or in its will, as bytes.
std::string With(const Script& script, Type type, bool in_will, const mqtt::Properties& properties) {
  Packet packet = UsualPacket(script, type);
  if (in_will) packet.will = mqtt::Will{RoundTopic("will"), "gone", 1, false, properties};
  if (!in_will) packet.properties = properties;
  return mqtt::Write(packet, Version::k5);
}

/// The property without its last byte, and every length around it as if that were right.
std::string CutShort(const Script& script, Type type, bool in_will, const Property& property) {
  // Behind the shortest property there is nothing left but its number.
  const std::string whole = mqtt::WriteProperty(property);
  const std::string cut = whole.substr(0, whole.size() - 1);
  Property stand_in{mqtt::kReasonString, 0, std::string(cut.size() < 3 ? 0 : cut.size() - 3, '~')};
  std::string bytes = With(script, type, in_will, {stand_in});
  const std::string written = mqtt::WriteProperty(stand_in);
  const std::size_t at = bytes.find(written);
  if (at == std::string::npos) return bytes;
  if (cut.size() >= 3) return bytes.replace(at, written.size(), cut);
  // Shorter than any text: the length before it has one byte, and so has the length of the packet.
  const std::size_t shorter = written.size() - cut.size();
  bytes.replace(at, written.size(), cut);
  bytes[at - 1] = static_cast<char>(static_cast<std::size_t>(bytes[at - 1]) - shorter);
  bytes[1] = static_cast<char>(static_cast<std::size_t>(bytes[1]) - shorter);
  return bytes;
}

void AddOfPlace(Type type, bool in_will, std::vector<Operation>& to) {
  const Chapter chapter("property." + (in_will ? std::string("will") : LowerCase(mqtt::TypeName(type))), Version::k5,
                        to);
  for (const PropertyRow& row : mqtt::PropertyRows()) {
    const auto add = [&](const char* name, const auto& bytes_of) {
      Script script = chapter.Begin(std::string(row.name) + "." + name);
      EnterPlaceOf(script, type);
      script.Raw(bytes_of(script)).Settle().Finish();
      // What the client asked to be kept for a time that nobody waits for: a session, or a will, and with it the session.
      const bool is_kept = row.id == mqtt::kSessionExpiryInterval || row.id == mqtt::kWillDelayInterval;
      if (type == Type::kConnect && is_kept) script.ForgetSession(RoundId("a"));
      chapter.Add(script);
    };
    const Property usual = Usual(row);
    add("once", [&](const Script& script) { return With(script, type, in_will, {usual}); });
    add("twice", [&](const Script& script) { return With(script, type, in_will, {usual, usual}); });
    add("cut", [&](const Script& script) { return CutShort(script, type, in_will, usual); });
    add("extreme", [&](const Script& script) { return With(script, type, in_will, {Extreme(row)}); });
    add("wrong", [&](const Script& script) { return With(script, type, in_will, {Wrong(row)}); });
    if (row.id == mqtt::kAuthenticationData) {
      add("with-method", [&](const Script& script) {
        return With(script, type, in_will, {{mqtt::kAuthenticationMethod, 0, "hunt"}, usual});
      });
    }
  }
  const auto whole = [&](const char* name, const mqtt::Properties& properties) {
    Script script = chapter.Begin(name);
    EnterPlaceOf(script, type);
    chapter.Add(script.Raw(With(script, type, in_will, properties)).Settle().Finish());
  };
  whole("unknown", {{0x7f, 1}});
  whole("hundred-user-properties", mqtt::Properties(100, Property{mqtt::kUserProperty, 0, "key", "value"}));
}

}  // namespace

void AddProperties(std::vector<Operation>& to) {
  AddOfPlace(Type::kConnect, false, to);
  AddOfPlace(Type::kConnect, true, to);
  for (const Type type : {Type::kPublish, Type::kPuback, Type::kPubrec, Type::kPubrel, Type::kPubcomp, Type::kSubscribe,
                          Type::kUnsubscribe, Type::kDisconnect, Type::kAuth})
    AddOfPlace(type, false, to);
}

}  // namespace mqtrack::hunt
