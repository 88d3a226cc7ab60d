#include "libtrack/mqtt/property.h"

#include <algorithm>

namespace mqtrack::mqtt {
namespace {

constexpr std::uint16_t kConnectBit = PacketBit(1), kConnackBit = PacketBit(2), kPublishBit = PacketBit(3),
                        kSubscribeBit = PacketBit(8), kDisconnectBit = PacketBit(14), kAuthBit = PacketBit(15);
constexpr std::uint16_t kAnswers =
    PacketBit(4) | PacketBit(5) | PacketBit(6) | PacketBit(7) | PacketBit(9) | PacketBit(11);
constexpr std::uint16_t kMessage = kPublishBit | kInWill;
constexpr std::uint16_t kLimits = kConnectBit | kConnackBit;
constexpr std::uint16_t kAuthentication = kConnectBit | kConnackBit | kAuthBit;
constexpr std::uint16_t kReasons = kConnackBit | kAnswers | kDisconnectBit | kAuthBit;
constexpr std::uint16_t kEverywhere = kReasons | kConnectBit | kMessage | kSubscribeBit | PacketBit(10);

}  // namespace

const std::vector<PropertyRow>& PropertyRows() {
  using enum PropertyType;
  static const std::vector<PropertyRow> rows = {
      {1, "payload-format-indicator", kByte, kMessage},
      {kMessageExpiryInterval, "message-expiry-interval", kFourBytes, kMessage},
      {3, "content-type", kText, kMessage},
      {8, "response-topic", kText, kMessage},
      {9, "correlation-data", kBinary, kMessage},
      {kSubscriptionIdentifier, "subscription-identifier", kVariable, kPublishBit | kSubscribeBit, true},
      {kSessionExpiryInterval, "session-expiry-interval", kFourBytes, kLimits | kDisconnectBit},
      {kAssignedClientIdentifier, "assigned-client-identifier", kText, kConnackBit},
      {19, "server-keep-alive", kTwoBytes, kConnackBit},
      {kAuthenticationMethod, "authentication-method", kText, kAuthentication},
      {kAuthenticationData, "authentication-data", kBinary, kAuthentication},
      {23, "request-problem-information", kByte, kConnectBit},
      {kWillDelayInterval, "will-delay-interval", kFourBytes, kInWill},
      {25, "request-response-information", kByte, kConnectBit},
      {26, "response-information", kText, kConnackBit},
      {28, "server-reference", kText, kConnackBit | kDisconnectBit},
      {kReasonString, "reason-string", kText, kReasons},
      {kReceiveMaximum, "receive-maximum", kTwoBytes, kLimits},
      {kTopicAliasMaximum, "topic-alias-maximum", kTwoBytes, kLimits},
      {kTopicAlias, "topic-alias", kTwoBytes, kPublishBit},
      {36, "maximum-qos", kByte, kConnackBit},
      {37, "retain-available", kByte, kConnackBit},
      {kUserProperty, "user-property", kPair, kEverywhere, true},
      {kMaximumPacketSize, "maximum-packet-size", kFourBytes, kLimits},
      {40, "wildcard-subscription-available", kByte, kConnackBit},
      {41, "subscription-identifier-available", kByte, kConnackBit},
      {42, "shared-subscription-available", kByte, kConnackBit},
  };
  return rows;
}

const PropertyRow* FindProperty(std::uint8_t id) {
  const std::vector<PropertyRow>& rows = PropertyRows();
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const PropertyRow& row) { return row.id == id; });
  return found == rows.end() ? nullptr : &*found;
}

const Property* FindIn(const Properties& properties, std::uint8_t id) {
  const auto found =
      std::find_if(properties.begin(), properties.end(), [&](const Property& one) { return one.id == id; });
  return found == properties.end() ? nullptr : &*found;
}

}  // namespace mqtrack::mqtt
