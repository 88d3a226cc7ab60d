// Connections that are met in their middle: nothing is said of them before packets have proved that they are MQTT.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "preload/recorder/packets/packet_follower.h"

namespace mqtrack::recorder {
namespace {

using namespace std::string_literals;

// PUBLISH, QoS 0, "sensors/17/temp", payload "21".
const std::string kPublish = "\x30\x13\x00\x0fsensors/17/temp"s + "21";
// SUBSCRIBE of MQTT 3.1.1, packet id 1, "cmd/9/#" at QoS 1, and "log/+" at QoS 0.
const std::string kSubscribe = "\x82\x14\x00\x01\x00\x07"s + "cmd/9/#" + "\x01\x00\x05"s + "log/+" + "\x00"s;
// The first of them in MQTT 5, with subscription identifier 1.
const std::string kSubscribe5 = "\x82\x0f\x00\x01\x02\x0b\x01\x00\x07"s + "cmd/9/#" + "\x29";
// The same without properties.
const std::string kPlainSubscribe5 = "\x82\x0d\x00\x01\x00\x00\x07"s + "cmd/9/#" + "\x01";
const std::string kPingreq = "\xc0\x00"s, kPingresp = "\xd0\x00"s;
// Of packet id 7; in MQTT 5 with a reason.
const std::string kPuback = "\x40\x02\x00\x07"s, kPuback5 = "\x40\x03\x00\x07\x10"s;

class JoinedConnection : public testing::Test {
 protected:
  void SetUp() override { Join(connection_); }
  /// Feeds a copy of exactly these bytes, so that a sanitizer sees the first one read beyond them.
  Fed Give(const std::string& bytes) {
    const std::unique_ptr<char[]> copy(new char[bytes.size()]);
    bytes.copy(copy.get(), bytes.size());
    return Feed(connection_, *pool_, copy.get(), bytes.size(), handling_);
  }
  /// As mosquitto reads: the first byte, the length, the rest. What the last read said.
  Fed GiveAsMosquitto(const std::string& packet) {
    EXPECT_EQ(Give(packet.substr(0, 1)), before_);
    EXPECT_EQ(Give(packet.substr(1, 1)), before_);
    return before_ = packet.size() > 2 ? Give(packet.substr(2)) : before_;
  }
  [[nodiscard]] std::string Topic() const {
    return std::string(handling_.topic.data, handling_.has_topic ? handling_.topic.bytes : 0u);
  }

  Connection connection_;
  std::unique_ptr<TopicPool> pool_ = std::make_unique<TopicPool>();
  Handling handling_;
  Fed before_ = Fed::kUnproven;
};

TEST_F(JoinedConnection, APublishProvesIt) {
  EXPECT_EQ(GiveAsMosquitto(kPublish), Fed::kPacket);
  EXPECT_EQ(Topic(), "sensors/+/temp");
  EXPECT_EQ(connection_.role, Connection::Role::kUnknown);
  EXPECT_EQ(GiveAsMosquitto(kPublish), Fed::kPacket);
}

TEST_F(JoinedConnection, ASubscribeProvesItAndSaysWhoWeAre) {
  EXPECT_EQ(Give(kSubscribe), Fed::kPacket);
  EXPECT_EQ(Topic(), "cmd/+/#");
  EXPECT_EQ(connection_.role, Connection::Role::kServer);
  EXPECT_EQ(connection_.version, 4);
}

TEST_F(JoinedConnection, ASubscribeOfMqtt5IsOne) {
  for (const std::string& packet : {kSubscribe5, kPlainSubscribe5}) {
    Join(connection_);
    EXPECT_EQ(Give(packet), Fed::kPacket);
    EXPECT_EQ(Topic(), "cmd/+/#");
    EXPECT_EQ(connection_.version, 5);
  }
}

TEST_F(JoinedConnection, TheLittleOnesProveItTogether) {
  EXPECT_EQ(Give(kPingreq), Fed::kUnproven);
  EXPECT_EQ(Give(kPuback), Fed::kPacket);
  EXPECT_EQ(connection_.role, Connection::Role::kServer);
  EXPECT_EQ(Give(kPublish), Fed::kPacket);
  EXPECT_EQ(Give(kPingresp), Fed::kLostSync);
}

TEST_F(JoinedConnection, AClientKnowsThatItIsOne) {
  EXPECT_EQ(Give(kPublish), Fed::kPacket);
  EXPECT_EQ(Give(kPingresp), Fed::kPacket);
  EXPECT_EQ(connection_.role, Connection::Role::kClient);
}

TEST_F(JoinedConnection, WhoWeAreMayBeKnown) {
  Join(connection_, Connection::Role::kServer);
  EXPECT_EQ(Give(kPingresp), Fed::kNotMqtt);
  Join(connection_, Connection::Role::kServer);
  EXPECT_EQ(Give(kPublish), Fed::kPacket);
  EXPECT_EQ(connection_.version, 4);
  EXPECT_TRUE(TakeQuietly(connection_, kPublish.data(), 1));
}

TEST_F(JoinedConnection, AfterThatItIsFollowedQuietly) {
  ASSERT_EQ(Give(kPublish), Fed::kPacket);
  EXPECT_FALSE(TakeQuietly(connection_, kPublish.data(), 1));  // who we are is not known yet
  ASSERT_EQ(Give(kPingreq), Fed::kPacket);
  ASSERT_TRUE(TakeQuietly(connection_, kPublish.data(), 1));
  ASSERT_TRUE(TakeQuietly(connection_, kPublish.data() + 1, 1));
  ASSERT_TRUE(TakeQuietly(connection_, kPublish.data() + 2, kPublish.size() - 2));
  Describe(connection_, *pool_, handling_);
  EXPECT_EQ(Topic(), "sensors/+/temp");
}

TEST_F(JoinedConnection, AliasesAndReasonsAreOfMqtt5) {
  ASSERT_EQ(Give(kPublish), Fed::kPacket);
  // No topic, alias 3: given when nobody looked.
  EXPECT_EQ(Give("\x30\x07\x00\x00\x03\x23\x00\x03x"s), Fed::kPacket);
  EXPECT_EQ(Topic(), "(other)");
  EXPECT_EQ(connection_.version, 5);
  // "a/b", alias 3; then the alias alone.
  EXPECT_EQ(Give("\x30\x0a\x00\x03"s + "a/b" + "\x03\x23\x00\x03x"s), Fed::kPacket);
  EXPECT_EQ(Give("\x30\x07\x00\x00\x03\x23\x00\x03x"s), Fed::kPacket);
  EXPECT_EQ(Topic(), "a/b");
  Join(connection_);
  EXPECT_EQ(Give(kPuback5), Fed::kUnproven);
  EXPECT_EQ(connection_.version, 5);
}

TEST_F(JoinedConnection, AConnectBeginsAnother) {
  EXPECT_EQ(Give("\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02"s + "c1"), Fed::kPacket);
  EXPECT_EQ(connection_.joined, 0);
  EXPECT_EQ(std::string(connection_.client.data, connection_.client.bytes), "c1");
}

TEST_F(JoinedConnection, OtherProtocolsAreNot) {
  const std::vector<std::string> others = {
      "GET / HTTP/1.1\r\n", "POST /x HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n", "250 OK\r\n", "220 mail\r\n", "PONG\r\n",
      "+OK\r\n", ":12\r\n", "$5\r\nhello\r\n", "*1\r\n", "0\r\n\r\n", "3\r\nabc\r\n", "{\"a\": 1}", "<a/>", "p 1 2 3 4",
      "@@@@@@@@", "bbbbbbbb", "00000000000000000000000000000000000000000000000000000",
      "\x17\x03\x03\x00\x20 ciphertext"s, "\x16\x03\x01\x02\x00 hello"s, "\x00\x00\x00\x10 length"s,
      // PUBLISH whose topic has a wildcard, a control character, no valid UTF-8, or is longer than the packet.
      "\x30\x05\x00\x01#xx"s, "\x30\x05\x00\x02\x07qx"s, "\x30\x05\x00\x02\xc0\x80x"s, "\x30\x05\x00\x09qqq"s,
      // SUBSCRIBE that ends elsewhere than it should, in both versions.
      "\x82\x09\x00\x01\x00\x03"s + "a/b" + "\x01\x00"s, "\x32\x00"s, "\x36\x05\x00\x01qxx"s};
  for (const std::string& bytes : others) {
    Join(connection_);
    EXPECT_EQ(Give(bytes), Fed::kNotMqtt) << bytes;
  }
}

TEST_F(JoinedConnection, ItIsJoinedAgainWhereAPacketBegins) {
  EXPECT_EQ(Give("the rest of a message"), Fed::kNotMqtt);
  Join(connection_);
  EXPECT_EQ(Give(kPublish), Fed::kPacket);
  EXPECT_EQ(Give("xxxx"), Fed::kLostSync);
}

TEST_F(JoinedConnection, ALongSubscribeIsJudgedByItsStart) {
  std::string body = "\x00\x01"s;
  for (int i = 0; i < 30; ++i) body += "\x00\x08level/+/"s.substr(0, 10) + "\x00"s;
  const std::string packet =
      "\x82"s + static_cast<char>(body.size() % 128 | 128) + static_cast<char>(body.size() / 128) + body;
  EXPECT_EQ(Give(packet.substr(0, 100)), Fed::kUnproven);
  EXPECT_EQ(Give(packet.substr(100)), Fed::kPacket);
  EXPECT_EQ(Topic(), "level/+/");
}

}  // namespace
}  // namespace mqtrack::recorder
