#include "preload/recorder/packets/packet_follower.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <tuple>

namespace mqtrack::recorder {
namespace {

using namespace std::string_literals;

// CONNECT, remaining length 14: "MQTT", level 4, clean session, keep-alive 60, client id "c1".
const std::string kConnect = "\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02"s + "c1";
// The same at level 5, with a session expiry of one hour among 5 bytes of properties.
const std::string kConnect5 = "\x10\x14\x00\x04MQTT\x05\x02\x00\x3c\x05\x11\x00\x00\x0e\x10\x00\x02"s + "c5";
// PUBLISH, QoS 0, "sensors/17/temp", payload "21".
const std::string kPublish = "\x30\x13\x00\x0fsensors/17/temp"s + "21";
// PUBLISH, QoS 1, "a/b", packet id 7, no payload.
const std::string kPublishQos1 = "\x32\x07\x00\x03"s + "a/b" + "\x00\x07"s;
// SUBSCRIBE, packet id 1, "cmd/9/#" at QoS 1.
const std::string kSubscribe = "\x82\x0c\x00\x01\x00\x07"s + "cmd/9/#" + "\x01";
const std::string kPingreq = "\xc0\x00"s;

class PacketFollower : public testing::Test {
 protected:
  /// Feeds a copy of exactly these bytes, so that a sanitizer sees the first one read beyond them.
  Fed Give(const std::string& bytes) {
    const std::unique_ptr<char[]> copy(new char[bytes.size()]);
    bytes.copy(copy.get(), bytes.size());
    return Feed(connection_, *pool_, copy.get(), bytes.size(), handling_);
  }
  Fed GiveBytewise(const std::string& bytes) {
    Fed fed = Fed::kPacket;
    for (const char byte : bytes) {
      if (fed = Give(std::string(1, byte)); fed != Fed::kPacket) return fed;
    }
    return fed;
  }
  /// "PUBLISH c1 sensors/+/temp", with - for what is not known.
  [[nodiscard]] std::string Now() const {
    const std::string client(connection_.client.data, connection_.has_client != 0 ? connection_.client.bytes : 0u);
    const std::string topic(handling_.topic.data, handling_.has_topic ? handling_.topic.bytes : 0u);
    return NameOf(handling_.type) + " "s + (client.empty() ? "-" : client) + " " + (topic.empty() ? "-" : topic);
  }
  /// PUBLISH of MQTT 5 at QoS 0.
  static std::string Publish5(const std::string& topic, const std::string& properties) {
    const std::string body = '\0' + std::string(1, static_cast<char>(topic.size())) + topic +
                             static_cast<char>(properties.size()) + properties + "x";
    return "\x30" + std::string(1, static_cast<char>(body.size())) + body;
  }
  static std::string Alias(char alias) { return "\x23\x00"s + alias; }

  Connection connection_ = {};
  std::unique_ptr<TopicPool> pool_ = std::make_unique<TopicPool>();
  Handling handling_;
};

TEST_F(PacketFollower, WholePackets) {
  EXPECT_EQ(Give(kConnect), Fed::kPacket);
  EXPECT_EQ(Now(), "CONNECT c1 -");
  EXPECT_EQ(Give(kPublish), Fed::kPacket);
  EXPECT_EQ(Now(), "PUBLISH c1 sensors/+/temp");
  EXPECT_EQ(Give(kPublishQos1), Fed::kPacket);
  EXPECT_EQ(Now(), "PUBLISH c1 a/b");
  EXPECT_EQ(Give(kSubscribe), Fed::kPacket);
  EXPECT_EQ(Now(), "SUBSCRIBE c1 cmd/+/#");
  EXPECT_EQ(Give(kPingreq), Fed::kPacket);
  EXPECT_EQ(Now(), "PINGREQ c1 -");
}

TEST_F(PacketFollower, AsMosquittoReads) {
  for (const std::string& packet : {kConnect, kPublish}) {
    ASSERT_EQ(Give(packet.substr(0, 1)), Fed::kPacket);
    ASSERT_EQ(Give(packet.substr(1, 1)), Fed::kPacket);
    EXPECT_FALSE(handling_.has_topic);  // the body's buffer is had here
    ASSERT_EQ(Give(packet.substr(2)), Fed::kPacket);
  }
  EXPECT_EQ(Now(), "PUBLISH c1 sensors/+/temp");
}

TEST_F(PacketFollower, ByteByByte) {
  EXPECT_EQ(GiveBytewise(kConnect5), Fed::kPacket);
  EXPECT_EQ(Now(), "CONNECT c5 -");
  // A SUBSCRIBE of MQTT 5 has properties, of no bytes here.
  EXPECT_EQ(GiveBytewise("\x82\x0d\x00\x01\x00\x00\x07"s + "cmd/9/#" + "\x01"), Fed::kPacket);
  EXPECT_EQ(Now(), "SUBSCRIBE c5 cmd/+/#");
  EXPECT_EQ(GiveBytewise(kPingreq), Fed::kPacket);
  EXPECT_EQ(Now(), "PINGREQ c5 -");
}

TEST_F(PacketFollower, EveryTwoPieces) {
  for (std::size_t cut = 1; cut < kPublish.size(); ++cut) {
    connection_ = {};
    ASSERT_EQ(Give(kConnect), Fed::kPacket);
    ASSERT_EQ(Give(kPublish.substr(0, cut)), Fed::kPacket);
    ASSERT_EQ(Give(kPublish.substr(cut)), Fed::kPacket);
    EXPECT_EQ(Now(), "PUBLISH c1 sensors/+/temp") << cut;
  }
}

TEST_F(PacketFollower, ALongBodyInPiecesKeepsItsTopic) {
  ASSERT_EQ(Give(kConnect), Fed::kPacket);
  // Remaining length 100,017 in three bytes: 0x31 | 0x0d << 7 | 6 << 14.
  ASSERT_EQ(Give("\x30\xb1\x8d\x06\x00\x0fsensors/17/temp"s), Fed::kPacket);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(Give(std::string(1000, 'p')), Fed::kPacket);
    ASSERT_EQ(Now(), "PUBLISH c1 sensors/+/temp");
  }
  EXPECT_EQ(Give(kPingreq), Fed::kPacket);
  EXPECT_EQ(Now(), "PINGREQ c1 -");
}

TEST_F(PacketFollower, WhatIsTakenQuietlyIsDescribedAsFeedTells) {
  const std::string puback = "\x40\x02\x00\x07"s, puback5 = "\x40\x04\x00\x07\x10\x00"s, disconnect = "\xe0\x00"s;
  // Two bytes of length, and more than is kept of a head; then a topic that is longer than that, too.
  const std::string longer = "\x30\x99\x02\x00\x0fsensors/18/temp"s + std::string(264, 'p');
  const std::string uuid = "/123e4567-e89b-12d3-a456-426614174000";
  const std::string topic = "fleet" + uuid + uuid + uuid + uuid + uuid + uuid + "/state";
  const std::string longest = "\x30\xf0\x01\x00"s + static_cast<char>(topic.size()) + topic + "12345";
  ASSERT_EQ(longest.size(), 3u + 0x70 + 0x80);
  const std::string packets[] = {kPublish, kPublishQos1, longer,   longest, kSubscribe, kPingreq,
                                 puback,   puback5,      kPublish, puback,  disconnect};
  std::mt19937 random(1);
  std::string stream = kConnect;
  for (int i = 0; i < 5000; ++i) stream += packets[random() % std::size(packets)];
  Connection quiet = {};
  int taken = 0, with_topic = 0;
  for (std::size_t at = 0; at < stream.size();) {
    // A byte, a few, or as mosquitto does: all that the packet still lacks.
    const std::size_t missing = quiet.phase == Connection::Phase::kBody ? quiet.length - quiet.read : 1;
    const std::size_t sizes[] = {1, 1 + random() % 4, missing, missing};
    const std::string piece = stream.substr(at, sizes[random() % 4]);
    at += piece.size();
    ASSERT_EQ(Give(piece), Fed::kPacket);
    const std::string told = Now();
    if (TakeQuietly(quiet, piece.data(), piece.size())) {
      ++taken;
      Describe(quiet, *pool_, handling_);
      with_topic += handling_.has_topic ? 1 : 0;
    } else {
      ASSERT_EQ(Feed(quiet, *pool_, piece.data(), piece.size(), handling_), Fed::kPacket);
    }
    ASSERT_EQ(told, Now()) << "at byte " << at;
    ASSERT_EQ(std::tie(quiet.phase, quiet.first, quiet.length_bytes),
              std::tie(connection_.phase, connection_.first, connection_.length_bytes))
        << "at byte " << at;
    ASSERT_EQ(std::tie(quiet.length, quiet.read), std::tie(connection_.length, connection_.read)) << "at byte " << at;
  }
  EXPECT_GT(taken, 10000);
  EXPECT_GT(with_topic, 2000);
}

TEST_F(PacketFollower, OnlyOrdinaryPacketsAreTakenQuietly) {
  const auto takes = [this](const std::string& bytes) { return TakeQuietly(connection_, bytes.data(), bytes.size()); };
  EXPECT_FALSE(takes("\x10")) << "a CONNECT says who it is";
  EXPECT_FALSE(takes("\x30")) << "not before one";
  ASSERT_EQ(Give(kConnect), Fed::kPacket);
  EXPECT_FALSE(takes("\x10"));
  EXPECT_FALSE(takes("\x41")) << "reserved flags";
  EXPECT_FALSE(takes("\x20")) << "no client sends a CONNACK";
  EXPECT_FALSE(takes(kPingreq)) << "two steps in one";
  EXPECT_TRUE(takes("\x40"));
  for (const char length : {'\x00', '\x01'}) EXPECT_FALSE(takes(std::string(1, length)));
  EXPECT_EQ(Give("\x01"), Fed::kLostSync);

  connection_ = {};
  ASSERT_EQ(Give(kConnect5), Fed::kPacket);
  EXPECT_FALSE(takes("\x30")) << "it may set a topic alias";
  EXPECT_TRUE(takes("\x40"));
}

TEST_F(PacketFollower, ALengthOfFiveBytesIsNotTaken) {
  ASSERT_EQ(Give(kConnect), Fed::kPacket);
  const std::string bytes = "\x30\xff\xff\xff";
  for (const char byte : bytes) EXPECT_TRUE(TakeQuietly(connection_, &byte, 1));
  const char fourth = '\xff';
  EXPECT_FALSE(TakeQuietly(connection_, &fourth, 1));
  EXPECT_EQ(Give("\xff"), Fed::kLostSync);
}

TEST_F(PacketFollower, ABodyThatMakesNoSenseIsNotTaken) {
  ASSERT_EQ(Give(kConnect), Fed::kPacket);
  for (const std::string& piece : {"\x32"s, "\x04"s}) ASSERT_TRUE(TakeQuietly(connection_, piece.data(), piece.size()));
  const std::string body = "\x00\x30"s + "ab";  // a topic of 48 bytes in a body of 4
  EXPECT_FALSE(TakeQuietly(connection_, body.data(), body.size()));
  EXPECT_EQ(Give(body), Fed::kLostSync);
}

TEST_F(PacketFollower, ATopicThatIsNotKeptWholeIsToldAtOnce) {
  ASSERT_EQ(Give(kConnect), Fed::kPacket);
  const std::string level = "/123e4567-e89b-12d3-a456-426614174000",
                    topic = "a" + level + level + level + level + level + "/b";
  const std::string body = "\x00"s + static_cast<char>(topic.size()) + topic;
  ASSERT_GT(body.size(), 180u);
  for (const std::string& longer : {""s, "/not-kept"s}) {
    const std::string whole = "\x00"s + static_cast<char>(topic.size() + longer.size()) + topic + longer;
    const std::string pieces[] = {"\x30", std::string(1, static_cast<char>(whole.size() | 0x80)), "\x01"};
    for (const std::string& piece : pieces) ASSERT_TRUE(TakeQuietly(connection_, piece.data(), piece.size()));
    if (TakeQuietly(connection_, whole.data(), whole.size())) {
      EXPECT_LE(whole.size(), Connection::kHeadBytes);
      Describe(connection_, *pool_, handling_);
    } else {
      EXPECT_GT(whole.size(), Connection::kHeadBytes);
      ASSERT_EQ(Give(whole), Fed::kPacket);
    }
    EXPECT_EQ(Now(), "PUBLISH c1 a/+/+/+/+/+/b" + longer);
  }
}

TEST_F(PacketFollower, SeveralPacketsInOneRead) {
  EXPECT_EQ(Give(kConnect + kSubscribe), Fed::kPacket);
  EXPECT_EQ(Now(), "(several) c1 (several)");
  EXPECT_EQ(Give(kPublish + kPublish + kPublish.substr(0, 9)), Fed::kPacket);
  EXPECT_EQ(Now(), "PUBLISH c1 sensors/+/temp");  // what was completed is handled
  EXPECT_EQ(Give(kPublish.substr(9) + kPublishQos1), Fed::kPacket);
  EXPECT_EQ(Now(), "PUBLISH c1 (several)");
  EXPECT_EQ(Give(kPingreq + kPingreq), Fed::kPacket);
  EXPECT_EQ(Now(), "PINGREQ c1 -");
}

TEST_F(PacketFollower, TopicAliases) {
  ASSERT_EQ(Give(kConnect5), Fed::kPacket);
  ASSERT_EQ(Give(Publish5("rooms/4/light", Alias(3))), Fed::kPacket);
  EXPECT_EQ(Now(), "PUBLISH c5 rooms/+/light");
  ASSERT_EQ(Give(Publish5("other", "")), Fed::kPacket);
  // A user property and an expiry before the alias.
  ASSERT_EQ(Give(Publish5("", "\x26\x00\x01k\x00\x01v\x02\x00\x00\x00\x09"s + Alias(3))), Fed::kPacket);
  EXPECT_EQ(Now(), "PUBLISH c5 rooms/+/light");
  ASSERT_EQ(Give(Publish5("", Alias(4))), Fed::kPacket);
  EXPECT_EQ(Now(), "PUBLISH c5 (other)");
  // 19 takes the place of 3: what is no longer known is not guessed.
  ASSERT_EQ(Give(Publish5("b", Alias(19))), Fed::kPacket);
  ASSERT_EQ(Give(Publish5("", Alias(3))), Fed::kPacket);
  EXPECT_EQ(Now(), "PUBLISH c5 (other)");
}

TEST_F(PacketFollower, AliasesEndWithTheConnection) {
  ASSERT_EQ(Give(kConnect5), Fed::kPacket);
  ASSERT_EQ(Give(Publish5("a", Alias(1))), Fed::kPacket);
  ASSERT_EQ(Give(kConnect5), Fed::kPacket);
  ASSERT_EQ(Give(Publish5("", Alias(1))), Fed::kPacket);
  EXPECT_EQ(Now(), "PUBLISH c5 (other)");
}

TEST_F(PacketFollower, ATopicPoolThatIsFullForgetsNothing) {
  ASSERT_EQ(Give(kConnect5), Fed::kPacket);
  ASSERT_EQ(Give(Publish5("first", Alias(1))), Fed::kPacket);
  for (int i = 0; i < 3 * TopicPool::kCapacity; ++i) {
    std::string word = "word";  // without digits, which would be taken for an identifier
    for (int rest = i; rest != 0; rest /= 16) word += static_cast<char>('g' + rest % 16);
    ASSERT_EQ(Give(Publish5(word, Alias(2))), Fed::kPacket);
  }
  EXPECT_EQ(Give(Publish5("", Alias(2))), Fed::kPacket);
  EXPECT_EQ(Now(), "PUBLISH c5 (other)");
  EXPECT_EQ(Give(Publish5("", Alias(1))), Fed::kPacket);
  EXPECT_EQ(Now(), "PUBLISH c5 first");
}

TEST_F(PacketFollower, AsAClient) {
  EXPECT_EQ(Give("\x20\x02\x00\x00"s), Fed::kPacket);  // CONNACK
  EXPECT_EQ(Now(), "CONNACK - -");
  EXPECT_EQ(Give(kPublish), Fed::kPacket);
  EXPECT_EQ(Now(), "PUBLISH - sensors/+/temp");
  EXPECT_EQ(Give("\xd0\x00"s), Fed::kPacket);   // PINGRESP
  EXPECT_EQ(Give(kSubscribe), Fed::kLostSync);  // servers do not subscribe
}

TEST_F(PacketFollower, AsAClientOfMqtt5) {
  EXPECT_EQ(Give("\x20\x03\x00\x00\x00"s), Fed::kPacket);
  ASSERT_EQ(Give(Publish5("rooms/4/light", Alias(1))), Fed::kPacket);
  ASSERT_EQ(Give(Publish5("", Alias(1))), Fed::kPacket);
  EXPECT_EQ(Now(), "PUBLISH - rooms/+/light");
}

TEST_F(PacketFollower, OlderProtocolAndBridges) {
  EXPECT_EQ(Give("\x10\x10\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x02"s + "c3"), Fed::kPacket);
  EXPECT_EQ(Now(), "CONNECT c3 -");
  connection_ = {};
  EXPECT_EQ(Give("\x10\x0e\x00\x04MQTT\x84\x00\x00\x3c\x00\x02"s + "br"), Fed::kPacket);
  EXPECT_EQ(Now(), "CONNECT br -");
}

TEST_F(PacketFollower, OtherProtocolsAreNotMqtt) {
  for (const std::string& bytes :
       {"GET / HTTP/1.1\r\n\r\n"s, "\x16\x03\x01\x02\x00\x01"s, kPublish, kPingreq, "\x10\x00"s, "\x10\x0b"s,
        "\x11\x0e"s, "\x10\x0e\x00\x04HTTP\x04\x02\x00\x3c\x00\x02"s + "c1",
        "\x10\x0e\x00\x04MQTT\x06\x02\x00\x3c\x00\x02"s + "c1", "\x10\x0e\x00\x04MQTT\x04\x03\x00\x3c\x00\x02"s + "c1",
        "\x10\xff\xff\xff\xff"s, " x  "s, "\x20\x02\x07\x00"s}) {
    connection_ = {};
    EXPECT_EQ(Give(bytes), Fed::kNotMqtt) << bytes;
    connection_ = {};
    EXPECT_EQ(GiveBytewise(bytes), Fed::kNotMqtt) << bytes;
  }
}

TEST_F(PacketFollower, ALongConnectThatIsNoneIsFoundOutByItsName) {
  EXPECT_EQ(Give("\x10\xff\xff\x7f"s), Fed::kPacket);
  EXPECT_EQ(Give("\x00\x04MQ"s), Fed::kPacket);
  EXPECT_EQ(Give("XX"s), Fed::kNotMqtt);
}

TEST_F(PacketFollower, NonsenseLosesTheConnection) {
  const std::string bad[] = {"\x36\x07"s,                  // QoS 3
                             "\x80\x0c"s,                  // SUBSCRIBE with other flags
                             "\x00"s,                      // no type
                             "\x30\xff\xff\xff\xff"s,      // a length of five bytes
                             "\xc0\x01"s,                  // PINGREQ with a body
                             "\x90\x03"s,                  // SUBACK from a client
                             "\x30\x05\x00\x09"s + "abc",  // a topic longer than its packet
                             "\x82\x05\x00\x01\x00\x09x"s};
  for (const std::string& bytes : bad) {
    connection_ = {};
    ASSERT_EQ(Give(kConnect), Fed::kPacket);
    EXPECT_EQ(Give(bytes), Fed::kLostSync) << bytes;
  }
}

TEST_F(PacketFollower, AClientIdBehindLongPropertiesIsFoundWhereItIsAllThere) {
  // 200 bytes of one user property: 0x26, key "k", value of 194 bytes.
  const std::string properties = "\x26\x00\x01k\x00\xc2"s + std::string(194, 'v');
  const std::string body = "\x00\x04MQTT\x05\x02\x00\x3c\xc8\x01"s + properties + "\x00\x02"s + "cl";
  const std::string packet =
      "\x10" + std::string{static_cast<char>(body.size() % 128 | 0x80), static_cast<char>(body.size() / 128)} + body;
  EXPECT_EQ(Give(packet), Fed::kPacket);
  EXPECT_EQ(Now(), "CONNECT cl -");
  connection_ = {};
  EXPECT_EQ(GiveBytewise(packet), Fed::kPacket);
  EXPECT_EQ(Now(), "CONNECT - -");  // beyond what is kept of a body in pieces
}

}  // namespace
}  // namespace mqtrack::recorder
