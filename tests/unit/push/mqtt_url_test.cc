#include "libtrack/publish/mqtt_url.h"

#include <gtest/gtest.h>

namespace mqtrack::publish {
namespace {

TEST(MqttUrlTest, PartsAndDefaults) {
  const auto url = ParseMqttUrl("mqtt://gw7@broker.example:2883/plant/7/");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->user, "gw7");
  EXPECT_EQ(url->host, "broker.example");
  EXPECT_EQ(url->port, 2883);
  EXPECT_EQ(url->prefix, "plant/7");
  EXPECT_FALSE(url->tls);
  const auto tls = ParseMqttUrl("mqtts://[::1]");
  ASSERT_TRUE(tls.ok());
  EXPECT_EQ(tls->host, "::1");
  EXPECT_EQ(tls->port, 8883);
  EXPECT_EQ(tls->prefix, "mqtrack");
}

TEST(MqttUrlTest, WhatIsNone) {
  for (const char* text :
       {"", "mqtt:", "mqtt://", "mqtt://:1883", "mqtt://host:", "mqtt://host:0", "mqtt://host:65536", "mqtt://host:1x",
        "mqtt://@host", "mqtt://[::1", "mqtt://[::1]x", "mqtt://[::1]:", "mqtt://ho st", "mqtt://host/a+b",
        "mqtt://host/#", "mqtt://host/$SYS", "mqtt://host/\xff", "ssl://host"}) {
    EXPECT_FALSE(ParseMqttUrl(text).ok()) << text;
  }
}

TEST(MqttUrlTest, APasswordIsRefusedAndNotSaidAgain) {
  const auto url = ParseMqttUrl("mqtt://user:secret@host");
  ASSERT_FALSE(url.ok());
  EXPECT_EQ(url.error().ToString().find("secret"), std::string::npos);
}

TEST(MqttUrlTest, ABrokerHasNoPrefixAndMayHaveASocketOfUnix) {
  const auto tls = ParseBrokerUrl("mqtts://gw7@broker.example/", "--broker");
  ASSERT_TRUE(tls.ok());
  EXPECT_TRUE(tls->tls);
  EXPECT_EQ(tls->user, "gw7");
  EXPECT_EQ(tls->port, 8883);
  const auto socket = ParseBrokerUrl("unix:/run/mosquitto.sock", "--broker");
  ASSERT_TRUE(socket.ok());
  EXPECT_EQ(socket->host, "/run/mosquitto.sock");
  EXPECT_EQ(socket->port, 0);
  for (const char* text : {"", "host", "mqtt://", "mqtt://host/prefix", "ws://host", "unix:", "mqtt://host:0"})
    EXPECT_FALSE(ParseBrokerUrl(text, "--broker").ok()) << text;
  EXPECT_FALSE(ParseBrokerUrl("unix:/" + std::string(107, 'x'), "--broker").ok());
  const auto secret = ParseBrokerUrl("mqtt://user:secret@host", "--broker");
  ASSERT_FALSE(secret.ok());
  EXPECT_EQ(secret.error().where, "--broker");
  EXPECT_EQ(secret.error().ToString().find("secret"), std::string::npos);
}

TEST(MqttUrlTest, LevelsOfTopics) {
  EXPECT_EQ(TopicLevel("mosquitto"), "mosquitto");
  EXPECT_EQ(TopicLevel("a/b+c#d"), "a_b_c_d");
  EXPECT_EQ(TopicLevel("$SYS"), "_SYS");
  EXPECT_EQ(TopicLevel("\x1b[2J\n\xff\xc2\x9b"), "_[2J___");
  EXPECT_EQ(TopicLevel("gr\xc3\xb6\xc3\x9f"), "gr\xc3\xb6\xc3\x9f");
  EXPECT_EQ(TopicLevel(""), "_");
  EXPECT_EQ(TopicLevel(std::string(1000, 'x')).size(), 128U);
}

}  // namespace
}  // namespace mqtrack::publish
