#include "preload/recorder/packets/mqtt_topic.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

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
                            "/", "//", "-", ".", "1.", "0x", "a-b-c", "$share/workers/jobs"}) {
    EXPECT_EQ(Topic(topic), topic);
  }
}

TEST(MqttTopic, IdentifiersInsideOfALevelBecomePlus) {
  const std::pair<const char*, const char*> kTopics[] = {
      {"fleet/dev2804221154-00441/up", "fleet/dev+/up"},
      {"ci/build-8", "ci/build-+"},
      {"ci/build-800/log", "ci/build-+/log"},
      {"device-17", "device-+"},
      {"x-1", "x-+"},
      {"zone_4/relay_2", "zone_+/relay_+"},
      {"sensor123", "sensor+"},
      {"room101a", "room+a"},
      {"line1-cell2-robot003", "line1-cell2-robot+"},
      {"esp-a4cf12", "esp-+"},
      {"tasmota_3F2B1C/tele", "tasmota_+/tele"},
      {"shellyplus1-a8032ab636ec/rpc", "shellyplus1-+/rpc"},
      {"0x00158d0001a2b3c4_temp", "+_temp"},
      {"dev-123e4567-e89b-12d3-a456-426614174000", "dev-+"},
      {"dev-123e4567-abcd-face-beef-426614174000/x", "dev-+/x"},
      {"gw_123e4567-e89b-12d3-a456-426614174000-a", "gw_+-a"},
      {"node-a4:cf:12:b3:d4:e5", "node-+"},
      {"node-a4-cf-12-b3-d4-e5-eth", "node-+-eth"},
      {"log-2024-05-01", "log-+"},
      {"fw-1.2.3", "fw-+"},
      {"host-10.0.0.7", "host-+"},
      {"session:8", "session:+"},
      {"user=42", "user=+"},
      {"user 42", "user +"},
      {"20240501T120000Z", "+T+Z"},
      {"01ARZ3NDEKTSV4RRFFQ69G5FAV", "+"},
      {"job-V1StGXR8Z5jdHi6BmyT", "job-+"},
      {"meter-00000001-00000002-a", "meter-+-a"},
      {"\xc3\xa4-17", "\xc3\xa4-+"},
  };
  for (const auto& [topic, expected] : kTopics) {
    EXPECT_EQ(Topic(topic), expected) << topic;
  }
}

TEST(MqttTopic, DigitsThatBelongToAWordStay) {
  for (const char* topic :
       {"v2", "v10", "v1.2", "api/v2/temperature2", "ipv4", "ipv6", "co2", "pm10", "pm2_5", "esp32", "mp3", "zone1",
        "zone12/relay2", "line1-cell", "1-wire", "2-wire-bus", "3d", "5min", "24h", "h2o", "$SYS/broker/load/15min",
        "$SYS/broker/load/messages/received/1min", "utf8", "+/#", "dev-+",
        "temp.1", "sub-face", "sub-cafe", "pump_on", "_8", "-x8", "a--8"}) {
    EXPECT_EQ(Topic(topic), topic);
  }
}

TEST(MqttTopic, FiveHundredNamesAreFewRows) {
  std::set<std::string> builds, devices, short_names;
  for (int i = 0; i < 500; ++i) {
    builds.insert(Topic("ci/build-" + std::to_string(i) + "/result"));
    devices.insert(Topic("fleet/dev2804221154-" + std::to_string(10000 + i) + "/up"));
    short_names.insert(Topic("zone" + std::to_string(i)));
  }
  EXPECT_EQ(builds, std::set<std::string>{"ci/build-+/result"});
  EXPECT_EQ(devices, std::set<std::string>{"fleet/dev+/up"});
  EXPECT_EQ(short_names.size(), 101u);  // zone0 to zone99, and the rest
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
    for (const char* unit : {"x", "7", "/", "ab/", "a/1/", "\xff", "x-", "a1-", "dev-4444_"}) {
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
