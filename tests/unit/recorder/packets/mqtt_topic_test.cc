#include "preload/recorder/packets/mqtt_topic.h"

#include <gtest/gtest.h>

#include <string>

namespace mqtrack::recorder {
namespace {

std::string Topic(const std::string& topic) {
  char out[kMaxTopicBytes];
  return {out, GeneraliseTopic(topic.data(), topic.size(), out)};
}

std::string Client(const std::string& id) {
  char out[kMaxClientBytes];
  return {out, GeneraliseClient(id.data(), id.size(), out)};
}

TEST(MqttTopic, NumbersBecomePlus) {
  EXPECT_EQ(Topic("sensors/17/temp"), "sensors/+/temp");
  EXPECT_EQ(Topic("17"), "+");
  EXPECT_EQ(Topic("/17/"), "/+/");
  EXPECT_EQ(Topic("a/-3/b/10.0.0.7/c/2024-05-01"), "a/+/b/+/c/+");
}

TEST(MqttTopic, UuidsAndHexBecomePlus) {
  EXPECT_EQ(Topic("dev/123e4567-e89b-12d3-a456-426614174000/up"), "dev/+/up");
  EXPECT_EQ(Topic("dev/a4:cf:12:b3:d4:e5"), "dev/+");
  EXPECT_EQ(Topic("dev/A4-CF-12-B3-D4-E5"), "dev/+");
  EXPECT_EQ(Topic("dev/a4cf12b3d4e5/0x1F"), "dev/+/+");
  EXPECT_EQ(Topic("dev/deadbeef/1a2b"), "dev/+/+");
}

TEST(MqttTopic, WordsStay) {
  for (const char* topic : {"home/kitchen/temperature", "cafe/feed/bad", "v1/api2/b2", "$SYS/broker/load", "a/+/#", "",
                            "/", "//", "-", ".", "1.", "x-1", "device-17", "0x", "a-b-c", "$share/workers/jobs"}) {
    EXPECT_EQ(Topic(topic), topic);
  }
}

TEST(MqttTopic, LongTopicsAreCutAfterALevel) {
  const std::string level(40, 'x');
  EXPECT_EQ(Topic(level + '/' + level + '/' + level + '/' + level), level + '/' + level + '/' + level + "/...");
  EXPECT_EQ(Topic(std::string(500, 'x')), std::string(kMaxTopicBytes - 3, 'x') + "...");
  EXPECT_EQ(Topic(std::string(125, 'x')).size(), 125u);
  // Never inside a character.
  std::string umlauts;
  for (int i = 0; i < 100; ++i) umlauts += "\xc3\xa4";
  const std::string cut = Topic(umlauts);
  EXPECT_EQ(cut, umlauts.substr(0, 124) + "...");
  // A level that is longer as a number than as `+`.
  EXPECT_EQ(Topic("a/" + std::string(60000, '7') + "/b"), "a/+/b");
}

TEST(MqttTopic, EveryLengthStaysInItsRoom) {
  for (std::size_t i = 0; i < 300; ++i) {
    for (const char* unit : {"x", "7", "/", "ab/", "a/1/", "\xff"}) {
      std::string topic;
      while (topic.size() < i) topic += unit;
      ASSERT_LE(Topic(topic).size(), kMaxTopicBytes);
      ASSERT_LE(Client(topic).size(), kMaxClientBytes);
    }
  }
}

TEST(MqttClientId, StaysUnlessALibraryMadeItUp) {
  EXPECT_EQ(Client("sensor-17"), "sensor-17");
  EXPECT_EQ(Client("a4cf12b3d4e5"), "a4cf12b3d4e5");
  EXPECT_EQ(Client("mosq-short"), "mosq-short");
  EXPECT_EQ(Client("mosq-hWqRuTzT8Q0yX1bNcP"), "mosq-+");
  EXPECT_EQ(Client("mosq-this is a name of its own"), "mosq-this is a name of its own");
  EXPECT_EQ(Client("auto-123E4567-E89B-12D3-A456-426614174000"), "auto-+");
  EXPECT_EQ(Client("mqttjs_0a1b2c3d"), "mqttjs_+");
  EXPECT_EQ(Client(""), "(empty)");
  EXPECT_EQ(Client(std::string(200, 'c')), std::string(kMaxClientBytes, 'c'));
}

}  // namespace
}  // namespace mqtrack::recorder
