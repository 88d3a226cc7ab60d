// Properties of MQTT 5 (OASIS standard, section 2.2.2.2): which there are, of what type, and in which packets each may
// stand. Code that makes packets for a broker to refuse asks the same table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mqtrack::mqtt {

/// How the value of a property is written.
enum class PropertyType : std::uint8_t { kByte, kTwoBytes, kFourBytes, kVariable, kText, kBinary, kPair };

/// Bit of a packet type in PropertyRow::packets; the will is a place of its own, with the bit of type 0.
constexpr std::uint16_t PacketBit(unsigned type) { return static_cast<std::uint16_t>(1U << type); }
inline constexpr std::uint16_t kInWill = 1;

struct PropertyRow {
  std::uint8_t id = 0;
  const char* name = "";  // "session-expiry-interval": part of the names of operations
  PropertyType type = PropertyType::kByte;
  std::uint16_t packets = 0;  // PacketBit of each in which it is allowed
  bool may_repeat = false;
};

/// All of them, by ascending number.
[[nodiscard]] const std::vector<PropertyRow>& PropertyRows();

/// The row of a number; null if there is none.
[[nodiscard]] const PropertyRow* FindProperty(std::uint8_t id);

/// A property in a packet. `number` of the numeric types; `text` of text and binary; both texts of a pair.
struct Property {
  std::uint8_t id = 0;
  std::uint32_t number = 0;
  std::string text = {};
  std::string value = {};
  bool operator==(const Property&) const = default;
};
using Properties = std::vector<Property>;

/// The first property of this number in `properties`; null if there is none.
[[nodiscard]] const Property* FindIn(const Properties& properties, std::uint8_t id);

// Numbers that code asks for by name.
inline constexpr std::uint8_t kSessionExpiryInterval = 17, kAuthenticationMethod = 21, kAuthenticationData = 22,
                              kWillDelayInterval = 24, kReasonString = 31, kReceiveMaximum = 33,
                              kTopicAliasMaximum = 34, kTopicAlias = 35, kUserProperty = 38, kMaximumPacketSize = 39,
                              kMessageExpiryInterval = 2, kSubscriptionIdentifier = 11, kAssignedClientIdentifier = 18;

}  // namespace mqtrack::mqtt
