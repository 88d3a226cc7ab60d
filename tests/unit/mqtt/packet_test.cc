// Packets against the bytes that the specifications show, there and back, and what must be refused.
#include <gtest/gtest.h>

#include <string>

#include "libtrack/mqtt/packet_reader.h"
#include "libtrack/mqtt/packet_writer.h"
#include "libtrack/mqtt/wire.h"

namespace mqtrack::mqtt {
namespace {

using namespace std::string_literals;

support::Result<Packet> ReadAll(const std::string& bytes, Version version) {
  const auto raw = CutPacket(bytes, 1 << 20);
  if (!raw) return raw.error();
  if (!*raw) return support::Error{support::ErrorCode::kBadInput, "incomplete", ""};
  EXPECT_EQ((*raw)->size, bytes.size());
  return Read(**raw, version);
}

void ExpectThereAndBack(const Packet& packet, Version version, const std::string& bytes) {
  EXPECT_EQ(Write(packet, version), bytes);
  const auto read = ReadAll(bytes, version);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_TRUE(*read == packet);
}

/// The CONNECT of MQTT 3.1.1, section 3.1.2, with user name, will at QoS 1 and clean session, keep alive 10.
Packet ExampleConnect() {
  Packet packet;
  packet.type = Type::kConnect;
  packet.clean_start = true;
  packet.keep_alive_seconds = 10;
  packet.client_id = "c";
  packet.will = Will{"w", "x", 1, false, {}};
  packet.user_name = "u";
  packet.password = "p";
  return packet;
}

TEST(PacketTest, ConnectOfEachVersion) {
  Packet packet = ExampleConnect();
  const std::string tail = "\0\x01"s + "c\0\x01w\0\x01x\0\x01u\0\x01p"s;
  ExpectThereAndBack(packet, Version::k311, "\x10\x19\0\x04MQTT\x04\xce\0\x0a"s + tail);
  packet.version = Version::k31;
  ExpectThereAndBack(packet, Version::k31, "\x10\x1b\0\x06MQIsdp\x03\xce\0\x0a"s + tail);
  packet.version = Version::k5;
  packet.properties = {{.id = kSessionExpiryInterval, .number = 10}};  // the example of section 3.1.2.11
  packet.will->properties = {{.id = kWillDelayInterval, .number = 1}};
  ExpectThereAndBack(packet, Version::k5,
                     "\x10\x25\0\x04MQTT\x05\xce\0\x0a\x05\x11\0\0\0\x0a\0\x01"
                     "c\x05\x18\0\0\0\x01\0\x01w\0\x01x\0\x01u\0\x01p"s);
}

TEST(PacketTest, SubscribeOfTheSpecification) {
  Packet packet;  // figure 3.20 ff. of MQTT 5: "a/b" with QoS 1, "c/d" with QoS 2
  packet.type = Type::kSubscribe;
  packet.flags = 2;
  packet.packet_id = 10;
  packet.subscriptions = {{"a/b", 1}, {"c/d", 2}};
  ExpectThereAndBack(packet, Version::k5, "\x82\x0f\0\x0a\0\0\x03"s + "a/b\x01\0\x03"s + "c/d\x02"s);
  ExpectThereAndBack(packet, Version::k311, "\x82\x0e\0\x0a\0\x03"s + "a/b\x01\0\x03"s + "c/d\x02"s);
}

TEST(PacketTest, AnswersLeaveOutWhatIsUsual) {
  Packet packet;
  packet.type = Type::kPuback;
  packet.packet_id = 0x1234;
  ExpectThereAndBack(packet, Version::k5, "\x40\x02\x12\x34"s);
  packet.reason = 0x10;
  ExpectThereAndBack(packet, Version::k5, "\x40\x03\x12\x34\x10"s);
  packet.properties = {{.id = kReasonString, .text = "no"}};
  ExpectThereAndBack(packet, Version::k5, "\x40\x09\x12\x34\x10\x05\x1f\0\x02no"s);
  Packet end;
  end.type = Type::kDisconnect;
  ExpectThereAndBack(end, Version::k5, "\xe0\0"s);
  end.reason = 4;
  ExpectThereAndBack(end, Version::k5, "\xe0\x01\x04"s);
}

TEST(PacketTest, PublishHasAnIdAboveQosZero) {
  Packet packet;
  packet.type = Type::kPublish;
  packet.topic = "t";
  packet.payload = "m";
  ExpectThereAndBack(packet, Version::k311, "\x30\x04\0\x01tm"s);
  packet.flags = 0x0d;  // DUP, QoS 2, RETAIN
  packet.packet_id = 7;
  ExpectThereAndBack(packet, Version::k311, "\x3d\x06\0\x01t\0\x07m"s);
}

TEST(PacketTest, EveryPropertyInEveryPlaceThatIsItsOwn) {
  for (const PropertyRow& row : PropertyRows()) {
    for (unsigned type = 1; type < 16; ++type) {
      if (type == 12 || type == 13) continue;  // PINGREQ and PINGRESP have none
      Packet packet;
      packet.type = static_cast<Type>(type);
      packet.flags = UsualFlags(packet.type);
      packet.version = packet.type == Type::kConnect ? Version::k5 : packet.version;
      packet.subscriptions.resize(type == 8 || type == 10 ? 1 : 0);
      packet.reasons.resize(type == 9 || type == 11 ? 1 : 0);
      const bool is_text = row.type >= PropertyType::kText, is_pair = row.type == PropertyType::kPair;
      packet.properties = {{row.id, is_text ? 0U : 1U, is_text ? "text" : "", is_pair ? "value" : ""}};
      const bool allowed = (row.packets & PacketBit(type)) != 0;
      const auto read = ReadAll(Write(packet, Version::k5), Version::k5);
      EXPECT_EQ(read.ok(), allowed) << TypeName(packet.type) << " " << row.name;
      if (read) {
        EXPECT_TRUE(*read == packet) << TypeName(packet.type) << " " << row.name;
      }
      packet.properties.push_back(packet.properties.front());
      const auto twice = ReadAll(Write(packet, Version::k5), Version::k5);
      EXPECT_EQ(twice.ok(), allowed && row.may_repeat) << TypeName(packet.type) << " " << row.name;
    }
  }
}

TEST(PacketTest, WhatIsCutShortIsRefused) {
  Packet packet = ExampleConnect();
  packet.version = Version::k5;
  packet.properties = {{.id = kUserProperty, .text = "a", .value = "b"}};
  const std::string body = WriteBody(packet, Version::k5);
  for (std::size_t size = 0; size < body.size(); ++size)
    EXPECT_FALSE(ReadAll(Frame(0x10, body.substr(0, size)), Version::k5)) << size;
}

TEST(PacketTest, ForbiddenFormsAreRefused) {
  EXPECT_FALSE(ReadAll("\x36\x05\0\x01t\0\x01"s, Version::k311));                  // QoS 3
  EXPECT_FALSE(ReadAll("\x80\x06\0\x01\0\x01t\0"s, Version::k311));                // SUBSCRIBE without its flags
  EXPECT_FALSE(ReadAll("\xc0\x01x"s, Version::k311));                              // PINGREQ with a body
  EXPECT_FALSE(ReadAll("\x10\x0d\0\x04MQTT\x04\x03\0\0\0\x01x"s, Version::k311));  // reserved connect flag
  EXPECT_FALSE(ReadAll("\x10\x0d\0\x04MQTT\x06\x02\0\0\0\x01x"s, Version::k311));  // level 6
  EXPECT_FALSE(ReadAll("\xf0\0"s, Version::k311));                                 // AUTH before MQTT 5
  EXPECT_FALSE(ReadAll("\0\0"s, Version::k5));
}

TEST(PacketTest, LengthsOfTheSpecification) {
  // Table 2.4 of MQTT 3.1.1: where the number of bytes changes.
  const std::pair<std::uint32_t, std::string> cases[] = {{0, "\0"s},
                                                         {127, "\x7f"s},
                                                         {128, "\x80\x01"s},
                                                         {16'383, "\xff\x7f"s},
                                                         {16'384, "\x80\x80\x01"s},
                                                         {2'097'151, "\xff\xff\x7f"s},
                                                         {2'097'152, "\x80\x80\x80\x01"s},
                                                         {kMostVariable, "\xff\xff\xff\x7f"s}};
  for (const auto& [number, bytes] : cases) {
    std::string written;
    PutVariable(written, number);
    EXPECT_EQ(written, bytes);
    WireReader reader(bytes);
    EXPECT_EQ(reader.Variable(), number);
    EXPECT_FALSE(reader.failed());
  }
  for (const std::string& bad : {"\xff\xff\xff\xff"s, "\x80\0"s, "\x80"s}) {
    WireReader reader(bad);
    (void)reader.Variable();
    EXPECT_TRUE(reader.failed());
  }
}

TEST(PacketTest, APacketIsCutWhereItEnds) {
  const std::string two = "\xc0\0\xd0\0"s;
  EXPECT_EQ((*CutPacket(two, 100))->size, 2U);
  EXPECT_FALSE(CutPacket("\xc0"s, 100).value());
  EXPECT_FALSE(CutPacket("\x30\x80"s, 100).value());
  EXPECT_FALSE(CutPacket("\x30\x05xxxx"s, 100).value());
  EXPECT_FALSE(CutPacket("\x30\xff\xff\xff\xff"s, 100));
  EXPECT_FALSE(CutPacket("\x30\xff\xff\xff\x7f"s, 100));
}

}  // namespace
}  // namespace mqtrack::mqtt
